package kubeevent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// facts is all that a receiver reads of an Event.
type facts struct {
	Namespace, Name, UID, Kind, ObjectNamespace, Object, Type, Reason, Message, Host, Component string
	Count                                                                                       int64
	First, Last                                                                                 time.Time
}

// TestWireReadsWhatKubernetesTypesSay holds the receiver's own type against
// the API's, over every recorded Event.
func TestWireReadsWhatKubernetesTypesSay(t *testing.T) {
	n := 0
	for file, events := range recordings(t) {
		for i := range events {
			ev := &events[i]
			ce, err := FromCore("c", OriginWatch, ev)
			if err != nil {
				t.Fatal(err)
			}
			got, err := wire.Decode(&ce)
			if err != nil {
				t.Fatalf("%s: %s: %v", file, ev.Name, err)
			}
			want := facts{
				ev.Namespace, ev.Name, string(ev.UID), ev.InvolvedObject.Kind, ev.InvolvedObject.Namespace, ev.InvolvedObject.Name,
				ev.Type, ev.Reason, ev.Message, ev.Source.Host, Component(ev), Count(ev), FirstSeen(ev), LastSeen(ev),
			}
			have := facts{
				got.Metadata.Namespace, got.Metadata.Name, got.Metadata.UID, got.InvolvedObject.Kind, got.InvolvedObject.Namespace, got.InvolvedObject.Name,
				got.Type, got.Reason, got.Message, got.Source.Host, got.Component(), got.Count(), got.FirstSeen(), got.LastSeen(),
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", file, ev.Name, diff)
			}
			n++
		}
	}
	if n < 200 {
		t.Errorf("only %d recorded Events compared", n)
	}
}

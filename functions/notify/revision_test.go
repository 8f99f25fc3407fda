package notify

import (
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

func TestRevision(t *testing.T) {
	for id, want := range map[string]uint64{
		"uid.17": 17, "uid.": 0, "uid": 0, "17": 0, "other.17": 0, "uid.x": 0, "uid.-1": 0, "uid.18446744073709551616": 0,
	} {
		ce, ev := event.New(), new(wire.Event)
		ce.SetID(id)
		ev.Metadata.UID = "uid"
		if got := revision(&ce, ev); got != want {
			t.Errorf("id %q: revision %d, want %d", id, got, want)
		}
	}
}

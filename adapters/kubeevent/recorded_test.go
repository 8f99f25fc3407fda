package kubeevent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// recordings are lists of real Events; every file of testdata is one, in the
// group that its apiVersion names.
func recordings(t *testing.T) map[string][]corev1.Event {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]corev1.Event{}
	for _, file := range files {
		for _, ev := range readEvents(t, file) {
			out[filepath.Base(file)] = append(out[filepath.Base(file)], *ev)
		}
	}
	return out
}

func readEvents(t *testing.T, file string) []*corev1.Event {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []*corev1.Event
	if strings.Contains(file, "events-v1") {
		var list eventsv1.EventList
		if err := json.Unmarshal(data, &list); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i := range list.Items {
			out = append(out, FromEventsV1(&list.Items[i]))
		}
		return out
	}
	var list corev1.EventList
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for i := range list.Items {
		out = append(out, &list.Items[i])
	}
	return out
}

// sent is what of an Event goes out: all but managedFields.
func sent(ev corev1.Event) *corev1.Event {
	ev.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Event"}
	ev.ManagedFields = nil
	return &ev
}

func TestRecordedEventsRoundTrip(t *testing.T) {
	var events int
	for file, list := range recordings(t) {
		for _, ev := range list {
			events++
			before := ev.DeepCopy()
			ce := mustFromCore(t, &ev)
			if diff := cmp.Diff(before, &ev); diff != "" {
				t.Errorf("%s: FromCore changed its input (-before +after):\n%s", ev.Name, diff)
			}
			got, err := Decode(overTheWire(t, ce))
			if err != nil {
				t.Errorf("%s: %v", ev.Name, err)
				continue
			}
			if diff := cmp.Diff(sent(ev), got); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", file, ev.Name, diff)
			}
			if id := string(ev.UID) + "." + ev.ResourceVersion; ce.ID() != id {
				t.Errorf("%s: id %s, want %s", ev.Name, ce.ID(), id)
			}
			if LastSeen(&ev).IsZero() || FirstSeen(&ev).IsZero() || Component(&ev) == "" || LastSeen(&ev).Before(FirstSeen(&ev)) {
				t.Errorf("%s: first seen %s, last seen %s, component %q", ev.Name, FirstSeen(&ev), LastSeen(&ev), Component(&ev))
			}
		}
	}
	if events < 100 {
		t.Errorf("%d Events recorded, want at least 100", events)
	}
}

// mustFromCore makes the CloudEvent and holds it to the specification.
func mustFromCore(t *testing.T, ev *corev1.Event) event.Event {
	t.Helper()
	ce, err := FromCore("edge", OriginWatch, ev)
	if err != nil {
		t.Fatalf("%s: %v", ev.Name, err)
	}
	if err := ce.Validate(); err != nil {
		t.Fatalf("%s: not a CloudEvent: %v", ev.Name, err)
	}
	return ce
}

// overTheWire encodes in structured mode and decodes again.
func overTheWire(t *testing.T, ce event.Event) *event.Event {
	t.Helper()
	data, err := json.Marshal(ce)
	if err != nil {
		t.Fatalf("encode CloudEvent: %v", err)
	}
	out := event.New()
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatalf("decode CloudEvent: %v", err)
	}
	return &out
}

// The recordings hold what the rest of the tests relies on.
func TestRecordingsHaveTheHardCases(t *testing.T) {
	var nullLast, series, managed int
	for _, list := range recordings(t) {
		for _, ev := range list {
			if ev.LastTimestamp.IsZero() {
				nullLast++
			}
			if ev.Series != nil {
				series++
			}
			if len(ev.ManagedFields) > 0 {
				managed++
			}
		}
	}
	if nullLast == 0 || series == 0 || managed == 0 {
		t.Errorf("null lastTimestamp %d, series %d, managedFields %d: want some of each", nullLast, series, managed)
	}
}

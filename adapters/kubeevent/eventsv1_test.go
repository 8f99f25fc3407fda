package kubeevent

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
)

// coreNames are the names that the API server gives to the fields of an
// events.k8s.io/v1 Event when the object is read as core/v1. It stores one
// object; the other names are the same in both groups.
var coreNames = map[string]string{
	"note":                     "message",
	"regarding":                "involvedObject",
	"reportingController":      "reportingComponent",
	"deprecatedSource":         "source",
	"deprecatedFirstTimestamp": "firstTimestamp",
	"deprecatedLastTimestamp":  "lastTimestamp",
	"deprecatedCount":          "count",
}

// renamed is the JSON of an events.k8s.io/v1 Event as core/v1.
func renamed(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var in map[string]any
	if err := json.Unmarshal(data, &in); err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	for key, value := range in {
		if name, ok := coreNames[key]; ok {
			key = name
		}
		out[key] = value
	}
	out["apiVersion"], out["kind"] = "v1", "Event"
	return out
}

func checkFromEventsV1(t *testing.T, raw []byte) {
	t.Helper()
	var in eventsv1.Event
	if err := json.Unmarshal(raw, &in); err != nil {
		t.Fatal(err)
	}
	var small core.EventsV1
	if err := json.Unmarshal(raw, &small); err != nil {
		t.Fatal(err)
	}
	for _, out := range []any{FromEventsV1(&in), small.Core()} {
		data, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(renamed(t, raw), got); diff != "" {
			t.Errorf("%s as %T (-want +got):\n%s", in.Name, out, diff)
		}
	}
}

func TestFromEventsV1Recorded(t *testing.T) {
	data, err := os.ReadFile("testdata/audit-events-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) < 3 {
		t.Fatalf("%d Events recorded, want at least 3", len(list.Items))
	}
	for _, raw := range list.Items {
		checkFromEventsV1(t, raw)
	}
}

// Every field is set, so that none can be forgotten.
func TestFromEventsV1LosesNothing(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	full := eventsv1.Event{
		TypeMeta:                 metav1.TypeMeta{APIVersion: "events.k8s.io/v1", Kind: "Event"},
		ObjectMeta:               metav1.ObjectMeta{Name: "full", Namespace: "edge", UID: "u", ResourceVersion: "7"},
		EventTime:                metav1.NewMicroTime(at.Add(1234 * time.Microsecond)),
		Series:                   &eventsv1.EventSeries{Count: 9, LastObservedTime: metav1.NewMicroTime(at.Add(time.Hour))},
		ReportingController:      "example.com/operator",
		ReportingInstance:        "operator-0",
		Action:                   "Binding",
		Reason:                   "FailedBinding",
		Regarding:                corev1.ObjectReference{Kind: "Pod", Namespace: "edge", Name: "camera", UID: "p", FieldPath: "spec"},
		Related:                  &corev1.ObjectReference{Kind: "Node", Name: "pi-2"},
		Note:                     "no room",
		Type:                     "Warning",
		DeprecatedSource:         corev1.EventSource{Component: "operator", Host: "pi-2"},
		DeprecatedFirstTimestamp: metav1.NewTime(at),
		DeprecatedLastTimestamp:  metav1.NewTime(at.Add(time.Minute)),
		DeprecatedCount:          4,
	}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("bad test: %s is not set", v.Type().Field(i).Name)
		}
	}
	raw, err := json.Marshal(&full)
	if err != nil {
		t.Fatal(err)
	}
	checkFromEventsV1(t, raw)

	got := reflect.ValueOf(*FromEventsV1(&full))
	for i := range got.NumField() {
		if got.Field(i).IsZero() {
			t.Errorf("%s of the core/v1 Event is not set", got.Type().Field(i).Name)
		}
	}
}

package kubeevent

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// minimal is the least that the contract lets through.
func minimal() *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: "web.1", Namespace: "shop", UID: "u-1", ResourceVersion: "42"},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "shop", Name: "web"},
		Reason:         "BackOff",
		Type:           corev1.EventTypeWarning,
	}
}

func TestFromCoreAttributes(t *testing.T) {
	type attributes struct {
		ID, Type, Source, Subject, ContentType string
		Time                                   time.Time
		Extensions                             map[string]any
	}
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	base := attributes{
		ID: "u-1.42", Type: "io.edgebell.kubernetes.event.v1", Source: "/clusters/edge",
		Subject: "shop/Pod/web", ContentType: "application/json",
		Extensions: map[string]any{"reason": "BackOff", "eventtype": "Warning", "origin": "watch"},
	}
	tests := []struct {
		about  string
		change func(*corev1.Event)
		want   func(*attributes)
	}{
		{"least", func(*corev1.Event) {}, func(*attributes) {}},
		{"time", func(ev *corev1.Event) { ev.LastTimestamp = metav1.NewTime(at) }, func(a *attributes) { a.Time = at }},
		{"cluster-scoped", func(ev *corev1.Event) {
			ev.InvolvedObject = corev1.ObjectReference{Kind: "Node", Name: "pi-2"}
		}, func(a *attributes) { a.Subject = "/Node/pi-2" }},
		{"no name", func(ev *corev1.Event) { ev.InvolvedObject.Name = "" }, func(a *attributes) { a.Subject = "shop/Pod/" }},
		{"control characters", func(ev *corev1.Event) {
			ev.Reason, ev.InvolvedObject.Name = "Back\r\nOff\x00\x7f\u0085", "we\tb"
		}, func(*attributes) {}},
		{"nothing but control characters", func(ev *corev1.Event) { ev.Reason = "\n" }, func(a *attributes) {
			a.Extensions = map[string]any{"eventtype": "Warning", "origin": "watch"}
		}},
		{"no type", func(ev *corev1.Event) { ev.Type = "" }, func(a *attributes) {
			a.Extensions = map[string]any{"reason": "BackOff", "origin": "watch"}
		}},
		{"other letters stay", func(ev *corev1.Event) { ev.Reason = "拉取失败 é" }, func(a *attributes) {
			a.Extensions = map[string]any{"reason": "拉取失败 é", "eventtype": "Warning", "origin": "watch"}
		}},
		{"not UTF-8", func(ev *corev1.Event) { ev.Reason = "a\xffb" }, func(a *attributes) {
			a.Extensions = map[string]any{"reason": "a\uFFFDb", "eventtype": "Warning", "origin": "watch"}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			ev, want := minimal(), base
			tt.change(ev)
			tt.want(&want)
			ce := mustFromCore(t, ev)
			got := attributes{ce.ID(), ce.Type(), ce.Source(), ce.Subject(), ce.DataContentType(), ce.Time(), ce.Extensions()}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFromCoreWantsIdentity(t *testing.T) {
	for _, change := range []func(*corev1.Event){
		func(ev *corev1.Event) { ev.UID = "" },
		func(ev *corev1.Event) { ev.ResourceVersion = "" },
	} {
		ev := minimal()
		change(ev)
		_, err := FromCore("edge", OriginWatch, ev)
		if err == nil || !strings.Contains(err.Error(), "shop/web.1: metadata.uid and metadata.resourceVersion must be set") {
			t.Errorf("error %v, want one naming the Event and both fields", err)
		}
	}
}

func TestManagedFieldsStayBehind(t *testing.T) {
	ev := minimal()
	ev.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	ce := mustFromCore(t, ev)
	if strings.Contains(string(ce.Data()), "managedFields") {
		t.Errorf("data holds managedFields: %s", ce.Data())
	}
	if len(ev.ManagedFields) != 1 {
		t.Error("the caller's Event lost its managedFields")
	}
}

// Nothing on this side cuts: a message of core/v1 has no bound.
func TestLargeMessageRoundTrips(t *testing.T) {
	ev := minimal()
	ev.Message = strings.Repeat("拉\"\\\n\x1b[31m<at id=all></at>", 10_000)
	got, err := Decode(overTheWire(t, mustFromCore(t, ev)))
	if err != nil {
		t.Fatal(err)
	}
	if got.Message != ev.Message {
		t.Errorf("message of %d bytes came back with %d", len(ev.Message), len(got.Message))
	}
}

func TestSourceAndCluster(t *testing.T) {
	for _, cluster := range []string{"kubernetes", "edge-07.example.com", "a/b", "上海一号", "50%", "line two"} {
		if got := Cluster(Source(cluster)); got != cluster {
			t.Errorf("Cluster(Source(%q)) = %q", cluster, got)
		}
	}
	for _, foreign := range []string{"/clusters/", "urn:other", ""} {
		if got := Cluster(foreign); got != foreign {
			t.Errorf("Cluster(%q) = %q, want it unchanged", foreign, got)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	with := func(change func(*corev1.Event)) string {
		ev := minimal()
		change(ev)
		data, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	tests := []struct{ about, contentType, data, want string }{
		{"content type", "text/plain", with(func(*corev1.Event) {}), `datacontenttype "text/plain": must be application/json`},
		{"no data", "", "", "data is empty: must be a core/v1 Event"},
		{"not JSON", "", "hello", "data is not a core/v1 Event: invalid character 'h'"},
		{"cut short", "", `{"reason":`, "data is not a core/v1 Event: unexpected end"},
		{"array", "", "[]", "data is not a core/v1 Event: json: cannot unmarshal array"},
		{"wrong field", "", `{"count":"three"}`, "Event.count"},
		{"null", "", "null", "data.metadata.name is empty"},
		{"other group", "", with(func(ev *corev1.Event) { ev.APIVersion = "events.k8s.io/v1" }), `data.apiVersion "events.k8s.io/v1": must be v1`},
		{"other kind", "", with(func(ev *corev1.Event) { ev.APIVersion, ev.Kind = "v1", "Pod" }), `data.kind "Pod": must be Event`},
		{"no name", "", with(func(ev *corev1.Event) { ev.Name = "" }), "data.metadata.name is empty: must be"},
		{"no uid", "", with(func(ev *corev1.Event) { ev.UID = "" }), "data.metadata.uid is empty: must be"},
		{"no object kind", "", with(func(ev *corev1.Event) { ev.InvolvedObject.Kind = "" }), "data.involvedObject.kind is empty: must be"},
		{"no reason", "", with(func(ev *corev1.Event) { ev.Reason = "" }), "data.reason is empty: must be"},
		{"no type", "", with(func(ev *corev1.Event) { ev.Type = "" }), "data.type is empty: must be Normal or Warning"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			ev, err := Decode(incoming(TypeEvent, tt.contentType, tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want it to say %q", err, tt.want)
			}
			if ev != nil {
				t.Errorf("an Event beside an error: %+v", ev)
			}
		})
	}
}

func TestDecodeTakesContentTypes(t *testing.T) {
	data, err := json.Marshal(minimal())
	if err != nil {
		t.Fatal(err)
	}
	for _, contentType := range []string{"", "application/json", "application/json; charset=utf-8", "Application/JSON"} {
		if _, err := Decode(incoming(TypeEvent, contentType, string(data))); err != nil {
			t.Errorf("content type %q: %v", contentType, err)
		}
	}
}

func incoming(typ, contentType, data string) *event.Event {
	ce := event.New()
	ce.SetID("1")
	ce.SetType(typ)
	ce.SetSource("/clusters/edge")
	if contentType != "" {
		ce.SetDataContentType(contentType)
	}
	ce.DataEncoded = []byte(data)
	return &ce
}

func FuzzDecode(f *testing.F) {
	ev := minimal()
	for range 2 {
		data, err := json.Marshal(ev)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("application/json", data)
		ev.Series = &corev1.EventSeries{Count: 3, LastObservedTime: metav1.NowMicro()}
	}
	f.Add("", []byte(`{"metadata":{"name":"a","uid":"b"},"reason":"\u0000","type":"W","involvedObject":{"kind":"K"}}`))
	f.Add("text/plain", []byte("null"))
	f.Fuzz(func(t *testing.T, contentType string, data []byte) {
		ev, err := Decode(incoming(TypeEvent, contentType, string(data)))
		if err != nil {
			return
		}
		if ev.ResourceVersion == "" {
			ev.ResourceVersion = "1"
		}
		ce, err := FromCore("edge", OriginAudit, ev)
		if err != nil {
			return // a time that JSON cannot write, for example
		}
		if err := ce.Validate(); err != nil {
			t.Fatalf("not a CloudEvent: %v", err)
		}
		again, err := Decode(&ce)
		if err != nil {
			t.Fatalf("own CloudEvent: %v", err)
		}
		if Count(again) != Count(ev) || Count(ev) < 1 || Component(again) != Component(ev) {
			t.Errorf("count %d, component %q, want %d and %q", Count(again), Component(again), Count(ev), Component(ev))
		}
	})
}

package core_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
)

var codecs = newCodecs()

func newCodecs() serializer.CodecFactory {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.Event{}, &corev1.EventList{})
	metav1.AddToGroupVersion(scheme, corev1.SchemeGroupVersion)
	return serializer.NewCodecFactory(scheme)
}

// encode writes an object as an API server does.
func encode(t testing.TB, media string, obj runtime.Object) []byte {
	t.Helper()
	info, ok := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), media)
	if !ok {
		t.Fatalf("no serializer for %s", media)
	}
	raw, err := runtime.Encode(codecs.EncoderForVersion(info.Serializer, corev1.SchemeGroupVersion), obj)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// frame is one message of a watch.
func frame(t testing.TB, media, change string, obj runtime.Object) []byte {
	t.Helper()
	ev := &metav1.WatchEvent{Type: change, Object: runtime.RawExtension{Raw: encode(t, media, obj)}}
	if media == runtime.ContentTypeJSON {
		raw, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	raw, err := ev.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// full has every field set, so that none can be forgotten.
func full(t testing.TB) corev1.Event {
	t.Helper()
	at := time.Date(2026, 11, 24, 9, 0, 0, 123456789, time.UTC)
	var managed metav1.FieldsV1
	managed.SetRawString(`{"f:count":{}}`)
	yes, grace, second := true, int64(30), metav1.NewTime(at)
	ev := corev1.Event{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta: metav1.ObjectMeta{
			//lint:ignore SA1019 an old server may still send it
			SelfLink: "/self",
			Name:     "full", GenerateName: "fu", Namespace: "edge", UID: "u", ResourceVersion: "7", Generation: -1 << 40,
			CreationTimestamp: second, DeletionTimestamp: &second, DeletionGracePeriodSeconds: &grace,
			Labels: map[string]string{"a": "b", "c": ""}, Annotations: map[string]string{"d": "拉取\n<失败>"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "p", UID: "o", Controller: &yes, BlockOwnerDeletion: &yes}},
			Finalizers:      []string{"f", "g"},
			ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "kubelet", FieldsV1: &managed}},
		},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "edge", Name: "camera", UID: "p", APIVersion: "v1", ResourceVersion: "6", FieldPath: "spec.containers{c}"},
		Reason:         "BackOff", Message: "back-off \x1b[31m\"\\\u2028", Source: corev1.EventSource{Component: "kubelet", Host: "pi-2"},
		FirstTimestamp: second, LastTimestamp: metav1.NewTime(at.Add(time.Hour)), Count: -2, Type: "Warning",
		EventTime: metav1.NewMicroTime(at), Series: &corev1.EventSeries{Count: 9, LastObservedTime: metav1.NewMicroTime(at.Add(time.Minute))},
		Action: "Binding", Related: &corev1.ObjectReference{Kind: "Node", Name: "pi-2"},
		ReportingController: "example.com/operator", ReportingInstance: "operator-0",
	}
	for _, v := range []reflect.Value{reflect.ValueOf(ev), reflect.ValueOf(ev.ObjectMeta), reflect.ValueOf(ev.InvolvedObject)} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Fatalf("bad test: %s is not set", v.Type().Field(i).Name)
			}
		}
	}
	return ev
}

// events are the recorded ones, the fullest and the emptiest.
func events(t testing.TB) []corev1.Event {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	out := []corev1.Event{full(t), {}}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list corev1.EventList
		if !strings.Contains(file, "events-v1") {
			if err := json.Unmarshal(raw, &list); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
		out = append(out, list.Items...)
	}
	if len(out) < 100 {
		t.Fatalf("only %d Events", len(out))
	}
	return out
}

// said is an Event as JSON, without managedFields and what names its type.
func said(t testing.TB, ev any) string {
	t.Helper()
	switch ev := ev.(type) {
	case corev1.Event:
		ev.ManagedFields, ev.TypeMeta = nil, metav1.TypeMeta{}
		return marshal(t, ev)
	case core.Event:
		ev.ManagedFields, ev.TypeMeta = nil, metav1.TypeMeta{}
		return marshal(t, ev)
	}
	t.Fatalf("a %T", ev)
	return ""
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestReadsWhatKubernetesWrites holds the types and the reading against
// Kubernetes' own, over both encodings.
func TestReadsWhatKubernetesWrites(t *testing.T) {
	all := events(t)
	left := int64(12)
	in := corev1.EventList{ListMeta: metav1.ListMeta{ResourceVersion: "42", Continue: "more", RemainingItemCount: &left}, Items: all}
	var list core.EventList
	for _, media := range []string{runtime.ContentTypeProtobuf, runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		if err := core.ReadList(encode(t, media, &in), &list); err != nil {
			t.Fatalf("%s: %v", media, err)
		}
		if diff := cmp.Diff(in.ListMeta, list.ListMeta); diff != "" || len(list.Items) != len(all) {
			t.Fatalf("%s: %d items, want %d; list (-want +got):\n%s", media, len(list.Items), len(all), diff)
		}
		for i, ev := range all {
			if diff := cmp.Diff(said(t, ev), said(t, list.Items[i])); diff != "" {
				t.Errorf("%s: list: %s (-want +got):\n%s", media, ev.Name, diff)
			}
			var change core.Change
			if err := core.ReadChange(frame(t, media, "MODIFIED", &all[i]), &change); err != nil || change.Type != core.Modified {
				t.Fatalf("%s: change %q: %v", media, change.Type, err)
			}
			if diff := cmp.Diff(said(t, ev), said(t, change.Event)); diff != "" {
				t.Errorf("%s: watch: %s (-want +got):\n%s", media, ev.Name, diff)
			}
		}
	}
}

func TestReadsErrors(t *testing.T) {
	want := metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   "Failure", Reason: metav1.StatusReasonExpired, Code: 410, Message: "too old",
	}
	for _, media := range []string{runtime.ContentTypeProtobuf, runtime.ContentTypeJSON} {
		change := core.Change{Event: core.Event{Reason: "left over"}}
		if err := core.ReadChange(frame(t, media, "ERROR", &want), &change); err != nil {
			t.Fatalf("%s: %v", media, err)
		}
		change.Status.TypeMeta = want.TypeMeta
		if diff := cmp.Diff(core.Change{Type: core.Error, Status: want}, change); diff != "" {
			t.Errorf("%s (-want +got):\n%s", media, diff)
		}
	}
}

func TestRefusesWhatIsNoEvent(t *testing.T) {
	ev, list, status := &corev1.Event{}, &corev1.EventList{}, &metav1.Status{}
	const proto, text = runtime.ContentTypeProtobuf, runtime.ContentTypeJSON
	lists := map[string][]byte{
		"empty": nil, "HTML": []byte("<html>"), "magic alone": []byte("k8s\x00"),
		"an Event": encode(t, proto, ev), "an Event, JSON": encode(t, text, ev), "a Status": encode(t, proto, status),
		"cut": encode(t, proto, list)[:20], "cut, JSON": encode(t, text, list)[:20],
		"wire type": []byte("k8s\x00\x0b"), "no end to a number": append([]byte("k8s\x00"), bytes.Repeat([]byte{0xff}, 20)...),
		"length over all": binary.AppendUvarint([]byte("k8s\x00\x12"), 1<<63),
	}
	for about, raw := range lists {
		if err := core.ReadList(raw, new(core.EventList)); err == nil {
			t.Errorf("list: %s: no error", about)
		}
	}
	changes := map[string][]byte{
		"empty": nil, "no object": []byte("\x0a\x05ADDED"), "unknown type": frame(t, proto, "RENAMED", ev), "unknown type, JSON": frame(t, text, "RENAMED", ev),
		"a list": frame(t, proto, "ADDED", list), "a list, JSON": frame(t, text, "ADDED", list), "an error that is an Event": frame(t, proto, "ERROR", ev),
		"cut": frame(t, proto, "ADDED", ev)[:20], "cut, JSON": frame(t, text, "ADDED", ev)[:20],
	}
	for about, raw := range changes {
		if err := core.ReadChange(raw, new(core.Change)); err == nil {
			t.Errorf("change: %s: no error", about)
		}
	}
}

// FuzzRead: whatever comes, reading ends with an Event that can be sent on or
// with an error.
func FuzzRead(f *testing.F) {
	ev := full(f)
	for _, media := range []string{runtime.ContentTypeProtobuf, runtime.ContentTypeJSON} {
		f.Add(encode(f, media, &corev1.EventList{Items: []corev1.Event{ev}}))
		f.Add(frame(f, media, "ADDED", &ev))
		f.Add(frame(f, media, "ERROR", &metav1.Status{Code: 410}))
	}
	maker := core.NewMaker("edge", "watch")
	f.Fuzz(func(t *testing.T, raw []byte) {
		var list core.EventList
		var change core.Change
		_ = core.ReadList(raw, &list)
		_ = core.ReadChange(raw, &change)
		for _, ev := range append(list.Items, change.Event) {
			ce, err := maker.Make(&ev)
			if err != nil {
				continue // no identity, or a time that JSON cannot write
			}
			if err := ce.Validate(); err != nil || !json.Valid(ce.Data()) {
				t.Fatalf("not a CloudEvent: %v: %s", err, ce.Data())
			}
		}
	})
}

package alert

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestFromEvent(t *testing.T) {
	first, last := recorded.Add(-time.Hour), recorded
	ev := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "shop", Name: "web-0.18ea", UID: "45e5"},
		InvolvedObject: corev1.ObjectReference{Namespace: "shop", Kind: "Pod", Name: "web-0"},
		Reason:         "BackOff",
		Type:           "Warning",
		Message:        "Back-off restarting failed container",
		Source:         corev1.EventSource{Component: "not read", Host: "pi-2"},
		Count:          99, // not read
	}
	got := FromEvent(ev, Seen{Cluster: "edge", Component: "kubelet", Count: 17, First: first, Last: last})
	want := Alert{
		Cluster: "edge", Namespace: "shop", Kind: "Pod", Name: "web-0", Type: "Warning", Reason: "BackOff",
		Component: "kubelet", Node: "pi-2", Message: "Back-off restarting failed container", MessageBytes: 36,
		EventNamespace: "shop", EventName: "web-0.18ea", EventUID: "45e5", Count: 17, First: first, Last: last,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alert (-want +got):\n%s", diff)
	}
}

func TestFromEventNode(t *testing.T) {
	tests := []struct{ kind, name, host, want string }{
		{"Node", "pi-2", "", "pi-2"},
		{"Node", "pi-2", "pi-1", "pi-1"},
		{"Pod", "web-0", "pi-1", "pi-1"},
		{"Pod", "web-0", "", ""},
	}
	for _, tt := range tests {
		got := FromEvent(&corev1.Event{
			InvolvedObject: corev1.ObjectReference{Kind: tt.kind, Name: tt.name},
			Source:         corev1.EventSource{Host: tt.host},
		}, Seen{})
		if got.Node != tt.want {
			t.Errorf("%s %s reported on %q: node %q, want %q", tt.kind, tt.name, tt.host, got.Node, tt.want)
		}
		if got.Count != 1 {
			t.Errorf("count %d of an Event without one, want 1", got.Count)
		}
	}
}

// No sender decides how much is kept.
func TestFromEventIsBounded(t *testing.T) {
	for _, unit := range []string{"a", "é", "拉", "🔥", "拉\xff"} {
		long := strings.Repeat(unit, 40_000/len(unit))
		ev := &corev1.Event{
			ObjectMeta:     metav1.ObjectMeta{Namespace: long, Name: long, UID: types.UID(long)},
			InvolvedObject: corev1.ObjectReference{Namespace: long, Kind: long, Name: long},
			Reason:         long, Type: long, Message: long, Source: corev1.EventSource{Host: long},
		}
		a := FromEvent(ev, Seen{Cluster: long, Component: long})
		if a.MessageBytes != len(long) {
			t.Errorf("%q: message of %d bytes said to be %d", unit, len(long), a.MessageBytes)
		}
		bounds := []struct {
			field, value string
			bound        int
		}{
			{"cluster", a.Cluster, 253}, {"namespace", a.Namespace, 128}, {"kind", a.Kind, 128}, {"name", a.Name, 253},
			{"type", a.Type, 128}, {"reason", a.Reason, 128}, {"component", a.Component, 128}, {"node", a.Node, 253},
			{"message", a.Message, 2048}, {"event namespace", a.EventNamespace, 128}, {"event name", a.EventName, 253}, {"uid", a.EventUID, 128},
		}
		for _, b := range bounds {
			// A cut takes less than one character more than it must.
			if len(b.value) > b.bound || len(b.value) <= b.bound-utf8.UTFMax {
				t.Errorf("%q: %s of %d bytes, want at most %d and no fewer than fit", unit, b.field, len(b.value), b.bound)
			}
			if !utf8.ValidString(b.value) {
				t.Errorf("%q: %s is not UTF-8", unit, b.field)
			}
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		in   string
		n    int
		want string
	}{
		{"", 4, ""},
		{"abcd", 4, "abcd"},
		{"abcde", 4, "abcd"},
		{"ab拉", 5, "ab拉"},
		{"ab拉", 4, "ab"},
		{"ab拉", 3, "ab"},
		{"ab拉", 2, "ab"},
		{"🔥🔥", 7, "🔥"},
		{"🔥", 3, ""},
		{"a\xffb", 5, "a\uFFFDb"},
		{"a\xff\xfeb", 5, "a\uFFFDb"}, // a run of bad bytes is one character
		{"a\xff\xfeb", 4, "a\uFFFD"},
		{"\xe6\x8b", 8, "\uFFFD"},
		{"abc", 0, ""},
	}
	for _, tt := range tests {
		if got := cut(tt.in, tt.n); got != tt.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func FuzzFromEvent(f *testing.F) {
	f.Add("Pod", "web-66869b676-8ls2m", "BackOff", "Back-off \x1b[31m拉取", int64(3))
	f.Add("Node", "\xff", "", strings.Repeat("🔥", 600), int64(-1))
	f.Fuzz(func(t *testing.T, kind, name, reason, message string, count int64) {
		a := FromEvent(&corev1.Event{
			InvolvedObject: corev1.ObjectReference{Kind: kind, Name: name}, Reason: reason, Message: message,
		}, Seen{Count: count})
		for _, s := range []string{a.Kind, a.Name, a.Reason, a.Message, a.FoldedName()} {
			if !utf8.ValidString(s) || len(s) > MaxMessageBytes {
				t.Errorf("%q: not UTF-8 or too long", s)
			}
		}
		if len(message) <= MaxMessageBytes && utf8.ValidString(message) && a.Message != message {
			t.Errorf("message %q changed to %q", message, a.Message)
		}
		if a.Count < 1 || a.MessageBytes != len(message) {
			t.Errorf("count %d, %d message bytes", a.Count, a.MessageBytes)
		}
	})
}

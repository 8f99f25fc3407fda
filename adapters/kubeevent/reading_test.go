package kubeevent

import (
	"math"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Each time of an Event is another hour; the table drops them one by one.
func TestSeenTimes(t *testing.T) {
	hour := func(h int) time.Time { return time.Date(2026, 11, 24, h, 0, 0, 0, time.UTC) }
	full := func() *corev1.Event {
		return &corev1.Event{
			ObjectMeta:     metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(hour(1))},
			FirstTimestamp: metav1.NewTime(hour(2)),
			EventTime:      metav1.NewMicroTime(hour(3)),
			LastTimestamp:  metav1.NewTime(hour(4)),
			Series:         &corev1.EventSeries{Count: 1, LastObservedTime: metav1.NewMicroTime(hour(5))},
		}
	}
	noSeries := func(ev *corev1.Event) { ev.Series = nil }
	noSeriesTime := func(ev *corev1.Event) { ev.Series.LastObservedTime = metav1.MicroTime{} }
	noLast := func(ev *corev1.Event) { ev.LastTimestamp = metav1.Time{} }
	noEventTime := func(ev *corev1.Event) { ev.EventTime = metav1.MicroTime{} }
	noFirst := func(ev *corev1.Event) { ev.FirstTimestamp = metav1.Time{} }
	noCreation := func(ev *corev1.Event) { ev.CreationTimestamp = metav1.Time{} }
	tests := []struct {
		about       string
		drop        []func(*corev1.Event)
		first, last time.Time
	}{
		{"all", nil, hour(2), hour(5)},
		{"no series", []func(*corev1.Event){noSeries}, hour(2), hour(4)},
		{"series without a time", []func(*corev1.Event){noSeriesTime}, hour(2), hour(4)},
		{"null lastTimestamp", []func(*corev1.Event){noSeries, noLast}, hour(2), hour(3)},
		{"null lastTimestamp and eventTime", []func(*corev1.Event){noSeries, noLast, noEventTime}, hour(2), hour(2)},
		{"created only", []func(*corev1.Event){noSeries, noLast, noEventTime, noFirst}, hour(1), hour(1)},
		{"null firstTimestamp", []func(*corev1.Event){noFirst}, hour(3), hour(5)},
		{"null firstTimestamp and eventTime", []func(*corev1.Event){noFirst, noEventTime}, hour(1), hour(5)},
		{"last only", []func(*corev1.Event){noSeries, noEventTime, noFirst, noCreation}, hour(4), hour(4)},
		{"none", []func(*corev1.Event){noSeries, noLast, noEventTime, noFirst, noCreation}, time.Time{}, time.Time{}},
	}
	for _, tt := range tests {
		ev := full()
		for _, drop := range tt.drop {
			drop(ev)
		}
		if got := FirstSeen(ev); !got.Equal(tt.first) {
			t.Errorf("%s: first seen %s, want %s", tt.about, got, tt.first)
		}
		if got := LastSeen(ev); !got.Equal(tt.last) {
			t.Errorf("%s: last seen %s, want %s", tt.about, got, tt.last)
		}
	}
}

func TestCount(t *testing.T) {
	series := func(n int32) *corev1.EventSeries { return &corev1.EventSeries{Count: n} }
	tests := []struct {
		about string
		ev    corev1.Event
		want  int64
	}{
		{"neither", corev1.Event{}, 1},
		{"count", corev1.Event{Count: 17}, 17},
		{"series before count", corev1.Event{Count: 17, Series: series(448)}, 448},
		{"series of 0", corev1.Event{Count: 17, Series: series(0)}, 17},
		{"below 1", corev1.Event{Count: -3, Series: series(-5)}, 1},
		{"largest", corev1.Event{Count: math.MaxInt32}, math.MaxInt32},
	}
	for _, tt := range tests {
		if got := Count(&tt.ev); got != tt.want {
			t.Errorf("%s: count %d, want %d", tt.about, got, tt.want)
		}
	}
}

func TestComponent(t *testing.T) {
	tests := []struct{ source, reporting, want string }{
		{"kubelet", "kubelet", "kubelet"},
		{"job-controller", "", "job-controller"},
		{"", "default-scheduler", "default-scheduler"},
		{"old", "new", "old"},
		{"", "", ""},
	}
	for _, tt := range tests {
		ev := corev1.Event{Source: corev1.EventSource{Component: tt.source}, ReportingController: tt.reporting}
		if got := Component(&ev); got != tt.want {
			t.Errorf("source %q, reporting %q: component %q, want %q", tt.source, tt.reporting, got, tt.want)
		}
	}
}

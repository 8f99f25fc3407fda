package notify

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// report is an Event as a recorder writes it, but with any times.
type report struct {
	first, last, at, observed time.Time
	count, series             int32
}

func (r report) event(name string) *corev1.Event {
	ev := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "shop", Name: name, UID: "u-1", ResourceVersion: "7"},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "shop", Name: "web-0"},
		Type:           "Warning", Reason: "Unhealthy", Message: "probe failed", Source: corev1.EventSource{Component: "kubelet"},
		FirstTimestamp: metav1.NewTime(r.first), LastTimestamp: metav1.NewTime(r.last), EventTime: metav1.NewMicroTime(r.at), Count: r.count,
	}
	if r.series != 0 || !r.observed.IsZero() {
		ev.Series = &corev1.EventSeries{Count: r.series, LastObservedTime: metav1.NewMicroTime(r.observed)}
	}
	return ev
}

// observe sends an Event through the adapter's contract.
func (h *botHarness) observe(t *testing.T, ev *corev1.Event) {
	t.Helper()
	ce, err := kubeevent.FromCore("pi", kubeevent.OriginWatch, ev)
	if err != nil {
		t.Fatal(err)
	}
	body, err := ce.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := h.handed(body); status != http.StatusNoContent {
		t.Fatalf("answer %d %s", status, answer)
	}
}

// TestForgedTimes: whatever time an Event claims, its story is told at once, by
// our own clock, once; what the card says of the time is the claim as long as it
// can be true, and no delay is claimed that nobody can have had.
func TestForgedTimes(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // where a bubble begins; 08:00 in Shanghai
	year := func(y int) time.Time { return time.Date(y, 5, 1, 0, 0, 0, 0, time.UTC) }
	for _, tc := range []struct {
		name string
		says report
		sure bool
		want string // the headline
	}{
		{"honest", report{first: now.Add(-time.Hour), last: now, count: 3}, true, "Unhealthy · 3 次，07:00–08:00"},
		{"years ago", report{first: year(1993), last: now, count: 3}, true, "Unhealthy · 3 次，1993-05-01 08:00–08:00"},
		{"all years ago", report{first: year(1993), last: year(1993), count: 3}, true, "Unhealthy · 3 次，1993-05-01 08:00\n发送于 2000-01-01 08:00（与事件的时钟不一致）"},
		{"a clock that was never set", report{first: time.Unix(60, 0), last: time.Unix(120, 0), count: 3}, true, "Unhealthy · 3 次，1970-01-01 08:01–08:02\n发送于 2000-01-01 08:00（与事件的时钟不一致）"},
		{"days late", report{first: now.AddDate(0, 0, -3), last: now.AddDate(0, 0, -3), count: 1}, true, "Unhealthy · 1 次，1999-12-29 08:00\n发送于 2000-01-01 08:00，晚了 3 天"},
		{"year 1", report{first: year(1), last: year(1), count: 1}, true, "Unhealthy · 1 次，0001-05-01 08:05\n发送于 2000-01-01 08:00（与事件的时钟不一致）"},
		{"no time", report{count: 1}, true, "Unhealthy · 1 次，时间未知"},
		{"year 9999", report{first: year(9999), last: year(9999), count: 1}, true, "Unhealthy · 1 次，时间未知"},
		{"year 9999, by a clock that may be slow", report{first: year(9999), last: year(9999), count: 1}, false, "Unhealthy · 1 次，9999-05-01 08:00\n发送于 2000-01-01 08:00（与事件的时钟不一致）"},
		{"an hour ahead", report{first: now, last: now.Add(time.Hour), count: 1}, true, "Unhealthy · 1 次，08:00–09:00\n发送于 08:00（与事件的时钟不一致）"},
		{"last in the future", report{first: now, last: year(2019), count: 1}, true, "Unhealthy · 1 次，08:00"},
		{"first after last", report{first: now, last: now.Add(-time.Hour), count: 2}, true, "Unhealthy · 2 次，07:00–08:00\n发送于 08:00，晚了 1 小时"},
		{"eventTime alone", report{at: now}, true, "Unhealthy · 1 次，08:00"},
		{"a series in year 9999", report{at: now, series: 4, observed: year(9999)}, true, "Unhealthy · 4 次，08:00"},
		{"a series against count", report{at: now, count: 2, series: 9, observed: now}, true, "Unhealthy · 9 次，08:00"},
		{"a negative series", report{at: now, count: 2, series: -9, observed: now}, true, "Unhealthy · 2 次，08:00"},
		{"as often as can be", report{first: now, last: now, count: 1<<31 - 1}, true, "Unhealthy · 2147483647 次，08:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newBotHarness(t, feishutest.Options{Secret: testSecret, Keywords: []string{"edgebell"}})
				WithTime(func() (time.Time, bool) { return time.Now(), tc.sure })(h.f)
				defer h.start(t)()
				h.observe(t, tc.says.event("web-0.1"))
				time.Sleep(30 * time.Minute)
				told := h.bot.Messages()
				if len(told) != 1 {
					t.Fatalf("%d messages, want 1 at once and no other", len(told))
				}
				checkTold(t, told[0])
				if !strings.Contains(told[0].Plain(), "\n"+tc.want+"\nprobe failed\n") {
					t.Errorf("want %q in\n%s", tc.want, told[0].Plain())
				}
			})
		})
	}
}

// TestNobodyOwnsTheLatest: a time of the future neither keeps a message on the
// card for good, nor the good news away that come later.
func TestNobodyOwnsTheLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBotHarness(t, feishutest.Options{Secret: testSecret, Keywords: []string{"edgebell"}})
		h.f.cfg.Recovery = ""
		WithTime(func() (time.Time, bool) { return time.Now(), true })(h.f)
		defer h.start(t)()
		future := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		forged := report{first: time.Now(), last: future, count: 1}.event("forged")
		forged.Message, forged.UID = "all is well", "u-2"
		well := report{first: future, last: future, count: 1}.event("well")
		well.Type, well.Reason, well.UID = "Normal", "Started", "u-3"
		h.observe(t, forged)
		h.observe(t, well)
		time.Sleep(time.Second)
		h.observe(t, report{first: time.Now(), last: time.Now(), count: 2}.event("honest"))
		time.Sleep(30 * time.Minute)
		told := h.bot.Messages()
		if len(told) != 1 || !strings.Contains(told[0].Plain(), "probe failed") {
			t.Fatalf("%d messages, want the trouble alone in honest words; the last is\n%s", len(told), told[len(told)-1].Plain())
		}
		well = report{first: time.Now(), last: time.Now(), count: 1}.event("started")
		well.Type, well.Reason, well.UID = "Normal", "Started", "u-4"
		h.observe(t, well)
		time.Sleep(30 * time.Minute)
		if told := h.bot.Messages(); len(told) != 2 || !strings.Contains(told[1].Title, "已恢复") {
			t.Fatalf("%d messages, want the end as well", len(told))
		}
	})
}

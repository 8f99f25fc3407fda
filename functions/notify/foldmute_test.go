package notify

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// muting is edge with a window of MUTE that begins an hour after the bubble.
func muting(selector string) func(*Config) {
	return func(c *Config) { edge(c); c.Conditions.Mute = selector + " @ 09:00-17:00" }
}

// vouched has the clock be a sure one.
func (h *harness) vouched() {
	h.f.usage.mu.Lock()
	defer h.f.usage.mu.Unlock()
	h.f.usage.now = func() (time.Time, bool) { return time.Now(), true }
}

// TestWhatIsMutedOfAPodIsNotOnItsNodesCard, and is told when the window ends.
func TestWhatIsMutedOfAPodIsNotOnItsNodesCard(t *testing.T) {
	edgeTest(t, muting("reason=BackOff"), func(t *testing.T, h *harness) {
		h.vouched()
		time.Sleep(2 * time.Hour) // 10:00
		h.says(t, "Warning Pod shop/db-0 BackOff n1")
		time.Sleep(time.Minute)
		h.says(t, "Normal Node n1 NodeNotReady", "Warning Pod shop/db-0 NodeNotReady")
		time.Sleep(time.Hour)
		h.want(t, "n1 NodeNotReady ×1 firing + db-0 NodeNotReady ×1 firing")
		time.Sleep(7 * time.Hour)
		h.want(t, "n1 NodeNotReady ×1 firing + db-0 NodeNotReady ×1 firing", "db-0 BackOff ×1 firing")
	})
}

// TestAPodDoesNotTellAMutedNodes, however soon that is due.
func TestAPodDoesNotTellAMutedNodes(t *testing.T) {
	edgeTest(t, muting("kind=Node"), func(t *testing.T, h *harness) {
		h.vouched()
		time.Sleep(time.Hour - 2*time.Second) // 08:59:58, told after 09:00 at the soonest
		h.says(t, "Normal Node n1 NodeNotReady")
		time.Sleep(time.Minute)
		h.says(t, "Warning Pod shop/db-0 NodeNotReady")
		time.Sleep(time.Hour)
		h.want(t, "db-0 NodeNotReady ×1 firing")
		time.Sleep(8 * time.Hour)
		h.want(t, "db-0 NodeNotReady ×1 firing", "n1 NodeNotReady ×1 firing")
	})
}

// TestAMuteEndsWhileNothingRuns: the ledger's clock stands still while a Pi is
// off, the window of MUTE goes on.
func TestAMuteEndsWhileNothingRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, muting("reason=Failed"))
		h.vouched()
		stop := h.start(t)
		time.Sleep(2 * time.Hour)
		now := time.Now()
		f := h.f.cfg.conditions.Judge(alert.Alert{Reason: "Failed", Type: "Warning"}, now, true).MutedFor
		if f == 0 {
			t.Fatalf("nothing is muted at %s", now)
		}
		a := alert.Alert{Cluster: "pi", Namespace: "shop", Kind: "Job", Name: "a", Type: "Warning", Reason: "Failed", Count: 1, First: now, Last: now, EventName: "a", EventUID: "a"}
		if err := h.l.Take(t.Context(), []ledger.Report{{Alert: a, Rings: true, MutedFor: f}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		stop()
		time.Sleep(f)
		l, err := ledger.Open(h.f.cfg.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		again := &harness{f: New(h.f.cfg, l, single(h.ch), WithLogger(h.f.log)), l: l, ch: h.ch}
		var sure atomic.Bool
		again.f.usage.now = func() (time.Time, bool) { return time.Now(), sure.Load() }
		defer again.start(t)()
		time.Sleep(10 * time.Minute)
		if n := len(h.ch.told()); n != 0 {
			t.Errorf("%d told before the time is known", n)
		}
		sure.Store(true)
		time.Sleep(time.Minute)
		if n := len(h.ch.told()); n != 1 {
			t.Errorf("%d told, want the story that was muted", n)
		}
	})
}

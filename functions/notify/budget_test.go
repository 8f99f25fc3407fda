package notify

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// costly makes every message cost n bytes.
func (h *harness) costly(n int64) {
	h.ch.mu.Lock()
	defer h.ch.mu.Unlock()
	h.ch.cost = n
}

// critical puts an alert about a node.
func (h *harness) critical(t *testing.T, story int) {
	t.Helper()
	now := time.Now()
	name := fmt.Sprintf("node-%d", story)
	a := alert.Alert{
		Cluster: "pi", Kind: "Node", Name: name, Type: "Warning", Reason: "SystemOOM", Component: "kubelet", Message: "oom",
		EventName: name + ".1", EventUID: name, Count: 1, First: now, Last: now,
	}
	if err := h.l.Put(t.Context(), []alert.Alert{a}); err != nil {
		t.Fatal(err)
	}
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.BudgetPerDay = 100_000; c.DigestThreshold = 50 })
		sure(0)(h.f)
		h.costly(10_000)
		stop := h.start(t)
		for i := range 8 { // 80 %
			h.happen(t, i, 1)
		}
		time.Sleep(5 * time.Minute)
		wantState := func(want string) {
			t.Helper()
			if got := h.f.Status().Usage; got.Budget != want {
				t.Errorf("budget is %+v, want %s", got, want)
			}
		}
		wantState(BudgetSoft)

		// Soft: one digest of all that is due, then none for REPEAT_INTERVAL;
		// what is critical goes at once.
		for i := 10; i < 13; i++ {
			h.happen(t, i, 1)
		}
		time.Sleep(time.Minute)
		h.happen(t, 14, 1)
		h.happen(t, 15, 1)
		stop = h.restart(t, stop, sure(0)) // the count is kept
		h.costly(10_000)
		wantState(BudgetSoft)
		time.Sleep(time.Minute)
		told := summarize(h.ch.told())[8:]
		if diff := cmp.Diff([]summary{{Digest: true, Stories: 3, Total: 3}, {Digest: true, Stories: 2, Total: 2}}, told); diff != "" {
			t.Errorf("told over the soft mark (-want +got):\n%s", diff)
		}

		// Hard: the group is told once that the rest waits; what is critical
		// goes on, within seconds.
		wantState(BudgetHard)
		h.happen(t, 20, 4)
		h.happen(t, 21, 5)
		time.Sleep(time.Minute)
		h.critical(t, 1)
		time.Sleep(20 * time.Second)
		if err := h.l.AddGap(ledger.Gap{From: time.Now(), To: time.Now(), Why: ledger.GapSourceDown}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Hour)
		last := h.ch.told()[10:]
		if len(last) != 2 || last[0].Out.Budget == nil || !last[0].Out.Budget.Hard || last[0].Out.Budget.Withheld != 2 || len(last[0].Out.Groups) != 0 ||
			len(last[1].Out.Groups) != 1 || last[1].Out.Groups[0].Newest.Kind != "Node" || last[1].Out.Budget != nil {
			t.Fatalf("told over the hard mark: %+v", last)
		}
		if waiting, _ := h.l.Backlog("default"); waiting != 2 {
			t.Errorf("%d groups wait, want the two", waiting)
		}

		// The next day all that was held back is told, and said to be so.
		time.Sleep(7 * time.Hour)
		next := h.ch.told()[12:]
		if s := summarize(next); len(s) != 2 || s[0].Total+s[1].Total != 9 {
			t.Fatalf("told the next day %+v, want two stories of 4 and 5", s)
		}
		if next[0].Out.Budget == nil || !next[0].Out.Budget.Yesterday || next[1].Out.Budget != nil {
			t.Errorf("the first card of the day does not say that it was held back: %+v", next[0].Out.Budget)
		}
		if at := next[0].At.In(h.f.cfg.zone); at.Day() != 2 || at.Hour() != 0 || at.Minute() > 1 {
			t.Errorf("told at %s, want just after midnight in TIMEZONE", at)
		}
		wantState(BudgetOpen)
		if d := h.l.Counts().Dropped; len(d) != 0 {
			t.Errorf("dropped %v", d)
		}
		stop()
	})
}

// TestBudgetIsPolledSeldom holds that what is held back does not keep the
// processor busy.
func TestBudgetIsPolledSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.BudgetPerDay = 100_000 })
		h.costly(100_000)
		h.happen(t, 1, 1)
		h.happen(t, 2, 1)
		time.Sleep(10 * time.Second)
		steps, now := 0, time.Now()
		for time.Since(now) < time.Hour {
			steps++
			time.Sleep(h.f.out[0].step(t.Context()))
		}
		if err := h.l.Close(); err != nil {
			t.Error(err)
		}
		if steps > 3600/4 {
			t.Errorf("%d steps in an hour", steps)
		}
	})
}

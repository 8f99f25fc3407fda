package notify

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// editing is a harness whose one route edits.
func editing(t *testing.T, change func(*Config)) (*harness, *fakeUpdater) {
	t.Helper()
	h := newHarness(t, change)
	u := &fakeUpdater{fakeChannel: h.ch}
	h.f = New(h.f.cfg, h.l, single(u), WithLogger(h.f.log))
	return h, u
}

func (c *fakeUpdater) want(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, c.messages(false)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// TestAStoryThatGoesOnIsEdited every UPDATE_INTERVAL, and to green when it is
// over; when it comes back a new message rings.
func TestAStoryThatGoesOnIsEdited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, u := editing(t, nil)
		defer h.start(t)()
		rep := func(a alert.Alert, heals bool) {
			r := ledger.Trouble(a)
			if heals {
				a.Type, a.Reason, a.EventName = "Normal", "SuccessfulCreate", a.EventName+".ok"
				r = ledger.Report{Alert: a, Heals: a.Heals()}
			}
			if err := h.l.Take(t.Context(), []ledger.Report{r}); err != nil {
				t.Fatal(err)
			}
		}
		trouble := func(n int64) alert.Alert {
			now := time.Now()
			return alert.Alert{Cluster: "pi", Namespace: "shop", Kind: "StatefulSet", Name: "db", Type: "Warning", Reason: "FailedCreate",
				Component: "statefulset-controller", EventNamespace: "shop", EventName: "db.1", EventUID: "u", Count: n, First: now, Last: now}
		}
		began := time.Now()
		rep(trouble(1), false)
		time.Sleep(20 * time.Second)
		u.want(t, "m1 db×1")
		rep(trouble(4), false)
		time.Sleep(20 * time.Second)
		rep(trouble(5), false)
		u.want(t, "m1 db×1")
		time.Sleep(time.Minute)
		u.want(t, "m1 db×1", "edit m1 db×5")
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("edited only after %s", took)
		}
		rep(trouble(1), true)
		time.Sleep(15 * time.Minute)
		u.want(t, "m1 db×1", "edit m1 db×5", "edit m1 db×5 well")
		rep(trouble(6), false)
		time.Sleep(time.Minute)
		u.want(t, "m1 db×1", "edit m1 db×5", "edit m1 db×5 well", "m2 db×6")
	})
}

func TestAMessageThatCannotBeEditedIsSentAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, u := editing(t, nil)
		stop := h.start(t)
		h.happen(t, 1, 1)
		time.Sleep(time.Minute)
		h.ch.set(func(*fakeChannel) {
			u.refuse = func(ref string) error {
				if ref == "m1" {
					return &SendError{Outcome: MessageRefused, Err: errors.New("message recalled")}
				}
				return nil
			}
		})
		h.happen(t, 1, 2)
		time.Sleep(2 * time.Minute)
		u.want(t, "m1 app-1×1", "m2 app-1×2")
		h.happen(t, 1, 3)
		time.Sleep(2 * time.Minute)
		u.want(t, "m1 app-1×1", "m2 app-1×2", "edit m2 app-1×3")
		// The reference outlives a restart.
		stop()
		h.l = reopen(t, h)
		h.f = New(h.f.cfg, h.l, single(u), WithLogger(h.f.log))
		stop = h.start(t)
		h.happen(t, 1, 4)
		time.Sleep(2 * time.Minute)
		u.want(t, "m1 app-1×1", "m2 app-1×2", "edit m2 app-1×3", "edit m2 app-1×4")
		// After a fortnight the far side takes no more changes.
		time.Sleep(15 * 24 * time.Hour)
		h.happen(t, 1, 5)
		time.Sleep(2 * time.Minute)
		stop()
		if log := u.messages(false); len(log) != 5 || !strings.HasPrefix(log[4], "m3 app-1") {
			t.Errorf("messages %q, want a new one at the end", log)
		}
	})
}

func reopen(t *testing.T, h *harness) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(h.f.cfg.Ledger, ledger.WithLogger(h.f.log))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestEditsWaitBehindWhatRings, make no digest, and carry no notice; after an
// outage one digest tells all.
func TestEditsWaitBehindWhatRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, u := editing(t, func(c *Config) { c.DigestThreshold = 3 })
		defer h.start(t)()
		var down atomic.Bool
		h.ch.set(func(c *fakeChannel) {
			c.answer = func(int, int, Outgoing) error {
				if down.Load() {
					return offline()
				}
				return nil
			}
		})
		for i := range 4 {
			h.happen(t, i, 1)
			time.Sleep(20 * time.Second)
		}
		u.want(t, "m1 app-0×1", "m2 app-1×1", "m3 app-2×1", "m4 app-3×1")
		u.messages(true)
		time.Sleep(2 * time.Minute)
		for i := range 4 {
			h.happen(t, i, 2)
		}
		if err := h.l.AddGap(ledger.Gap{From: time.Now(), To: time.Now(), Why: ledger.GapSourceDown}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * settleMost)
		h.happen(t, 9, 1)
		time.Sleep(time.Minute)
		log, edits := u.messages(false), 0
		for _, m := range log {
			if strings.HasPrefix(m, "edit ") {
				edits++
			}
		}
		if len(log) != 6 || log[0] != "m5 notice" || edits != 4 {
			t.Errorf("messages %q, want the notice, four edits and a new one", log)
		}
		down.Store(true)
		h.happen(t, 5, 1)
		time.Sleep(10 * time.Minute)
		for i := range 4 {
			h.happen(t, i, 7)
		}
		time.Sleep(time.Hour)
		u.messages(true)
		down.Store(false)
		time.Sleep(3 * time.Minute)
		u.want(t, "m7 digest of 5")
	})
}

// TestAStoryFirstToldInADigestRepeatsAsUsual: it has no message of its own.
func TestAStoryFirstToldInADigestRepeatsAsUsual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, u := editing(t, func(c *Config) { c.DigestThreshold = 1 })
		defer h.start(t)()
		h.happen(t, 1, 1)
		h.happen(t, 2, 1)
		time.Sleep(time.Minute)
		h.happen(t, 1, 2)
		time.Sleep(30 * time.Minute)
		u.want(t, "m1 digest of 2")
		time.Sleep(time.Hour)
		u.want(t, "m1 digest of 2", "m2 app-1×2")
	})
}

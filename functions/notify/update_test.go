package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// fakeUpdater is a channel whose messages can be edited: m1, m2, … in the order
// in which they were sent.
type fakeUpdater struct {
	*fakeChannel
	log    []string // what happened, such as "m1 app-1×3" and "edit m1 app-1×5"
	sent   int
	refuse func(ref string) error
}

func (c *fakeUpdater) what(p Part) string {
	o := c.rendered[len(c.rendered)-1].Out
	switch {
	case o.Digest:
		return fmt.Sprintf("digest of %d", len(o.Groups))
	case len(o.Groups) == 0:
		return "notice"
	}
	s := fmt.Sprintf("%s×%d", o.Groups[0].Newest.Name, o.Groups[0].Total)
	if o.Groups[0].State == alert.Recovered {
		s += " well"
	}
	return s
}

func (c *fakeUpdater) Send(ctx context.Context, p Part) (Receipt, error) {
	r, err := c.fakeChannel.Send(ctx, p)
	if err == nil {
		c.sent++
		r.Ref = fmt.Sprintf("m%d", c.sent)
		c.log = append(c.log, r.Ref+" "+c.what(p))
	}
	return r, err
}

func (c *fakeUpdater) Update(_ context.Context, ref string, p Part) (Receipt, error) {
	if c.answer != nil {
		if err := c.answer(0, 0, Outgoing{}); err != nil {
			return Receipt{}, err
		}
	}
	if c.refuse != nil {
		if err := c.refuse(ref); err != nil {
			return Receipt{BytesOut: 10}, err
		}
	}
	c.log = append(c.log, "edit "+ref+" "+c.what(p))
	return Receipt{BytesOut: 10, Ref: ref}, nil
}

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
	if diff := cmp.Diff(want, c.log); diff != "" {
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
		u.refuse = func(ref string) error {
			if ref == "m1" {
				return &SendError{Outcome: MessageRefused, Err: errors.New("message recalled")}
			}
			return nil
		}
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
		if n := len(u.log); n != 5 || !strings.HasPrefix(u.log[n-1], "m3 app-1") {
			t.Errorf("messages %q, want a new one at the end", u.log)
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
		h.ch.answer = func(int, int, Outgoing) error {
			if down.Load() {
				return offline()
			}
			return nil
		}
		for i := range 4 {
			h.happen(t, i, 1)
			time.Sleep(20 * time.Second)
		}
		u.want(t, "m1 app-0×1", "m2 app-1×1", "m3 app-2×1", "m4 app-3×1")
		u.log = nil
		time.Sleep(2 * time.Minute)
		for i := range 4 {
			h.happen(t, i, 2)
		}
		if err := h.l.AddGap(ledger.Gap{From: time.Now(), To: time.Now(), Why: ledger.GapSourceDown}); err != nil {
			t.Fatal(err)
		}
		h.happen(t, 9, 1)
		time.Sleep(time.Minute)
		if len(u.log) != 6 || u.log[0] != "m5 notice" {
			t.Errorf("messages %q, want the notice, four edits and a new one", u.log)
		}
		edits := 0
		for _, s := range u.log {
			if len(s) > 4 && s[:4] == "edit" {
				edits++
			}
		}
		if edits != 4 {
			t.Errorf("%d edits, want 4: %q", edits, u.log)
		}
		down.Store(true)
		h.happen(t, 5, 1)
		time.Sleep(10 * time.Minute)
		for i := range 4 {
			h.happen(t, i, 7)
		}
		time.Sleep(time.Hour)
		u.log = nil
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

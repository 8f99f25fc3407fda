package notify

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func refused() error { return &SendError{Outcome: MessageRefused, Err: errors.New("bad card")} }

// TestOneStorysRefusalsAreNotAnothers: a story that becomes due first while
// another one's forms are tried begins with the richest.
func TestOneStorysRefusalsAreNotAnothers(t *testing.T) {
	edgeTest(t, muting("reason=BackOff"), func(t *testing.T, h *harness) {
		var loud atomic.Bool
		h.f.usage.mu.Lock()
		h.f.usage.now = func() (time.Time, bool) { return time.Now(), !loud.Load() }
		h.f.usage.mu.Unlock()
		h.ch.set(func(c *fakeChannel) {
			c.levels = 2
			c.answer = func(_, level int, o Outgoing) error {
				if len(o.Groups) == 0 || o.Groups[0].Newest.Reason != "FailedCreate" {
					return nil
				}
				loud.Store(level == 1) // the window ends
				return refused()
			}
		})
		time.Sleep(time.Hour - 2*time.Second)
		h.says(t, "Warning Pod shop/db-0 BackOff n1") // due within the window
		time.Sleep(time.Hour)
		h.says(t, "Warning Job shop/bad FailedCreate")
		time.Sleep(time.Minute)
		for _, try := range h.ch.told() {
			if len(try.Out.Groups) > 0 && try.Level == 0 && try.Out.Groups[0].Newest.Reason == "BackOff" {
				return
			}
		}
		t.Errorf("told %q, dropped %v; want the story of the Pod in the richest form", h.lines(), h.l.Counts().Dropped)
	})
}

// TestAChangeThatNeverPassesIsToldAnew: the far side may not know the message.
func TestAChangeThatNeverPassesIsToldAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, u := editing(t, nil)
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(time.Minute)
		h.ch.set(func(*fakeChannel) {
			u.refuse = func(string) error { return &SendError{Outcome: Unknown, Err: errors.New("code 4711")} }
		})
		h.happen(t, 1, 5)
		time.Sleep(time.Hour)
		u.want(t, "m1 app-1×1", "m2 app-1×5")
		if d := h.l.Counts().Dropped; len(d) != 0 {
			t.Errorf("dropped %v", d)
		}
	})
}

// TestOneBadStoryDoesNotCostThoseToldWithIt: of a card of many clusters, or of
// a node and its Pods, that is refused in every form each story is tried alone.
func TestOneBadStoryDoesNotCostThoseToldWithIt(t *testing.T) {
	edgeTest(t, func(c *Config) { edge(c); c.FleetDigest = 3 }, func(t *testing.T, h *harness) {
		h.ch.set(func(c *fakeChannel) {
			c.answer = func(_, _ int, o Outgoing) error {
				for _, g := range append(o.Related[:len(o.Related):len(o.Related)], o.Groups...) {
					if g.Clusters > 0 || g.Newest.Cluster == "edge-0" || g.Newest.Name == "bad" {
						return refused()
					}
				}
				return nil
			}
		})
		strike(t, h.l, "Failed", upTo(4)...)
		time.Sleep(time.Minute)
		h.says(t, "Normal Node n1 NodeNotReady", "Warning Pod shop/bad NodeNotReady")
		time.Sleep(time.Minute)
		told := map[string]bool{}
		for _, line := range h.lines() {
			told[line] = true
		}
		want := map[string]bool{"web-1 Failed ×2 firing": true, "web-2 Failed ×2 firing": true, "web-3 Failed ×2 firing": true, "n1 NodeNotReady ×1 firing": true, "": true}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		if n := h.l.Counts().Dropped["parked"]; n != 3 {
			t.Errorf("%d occurrences dropped, want the three of the bad ones", n)
		}
	})
}

// TestARefusedNoticeCostsNoStory: a far side may refuse the words of a notice,
// which would ride on every card.
func TestARefusedNoticeCostsNoStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		defer h.start(t)()
		var mended atomic.Bool
		h.ch.set(func(c *fakeChannel) {
			c.levels = 2
			c.answer = func(_, _ int, o Outgoing) error {
				if !mended.Load() && !o.Notices.Empty() {
					return refused()
				}
				return nil
			}
		})
		for i := range 8 {
			h.happen(t, i, 1)
		}
		if err := h.l.AddDropped("no_room", 3); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		h.happen(t, 9, 1)
		time.Sleep(10 * time.Minute)
		stories := 0
		for _, try := range h.ch.told() {
			stories += len(try.Out.Groups)
		}
		if n := len(h.ch.all()); stories != 9 || n > 10 {
			t.Errorf("%d stories told in %d tries, want 9 in few", stories, n)
		}
		if diff := cmp.Diff(map[string]int64{"no_room": 3}, h.l.Counts().Dropped); diff != "" {
			t.Errorf("dropped (-want +got):\n%s", diff)
		}
		mended.Store(true)
		time.Sleep(3 * time.Hour)
		if n := h.l.Notices(); !n.Empty() {
			t.Errorf("notices %+v are still to be told", n)
		}
	})
}

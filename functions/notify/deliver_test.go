package notify

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// summary is what matters of a message that was told.
type summary struct {
	Digest  bool
	Stories int
	Total   int64
}

func summarize(tries []try) []summary {
	var out []summary
	for _, t := range tries {
		s := summary{Digest: t.Out.Digest, Stories: len(t.Out.Groups)}
		for _, g := range t.Out.Groups {
			s.Total += g.Total
		}
		out = append(out, s)
	}
	return out
}

func wantTold(t *testing.T, h *harness, want ...summary) {
	t.Helper()
	if diff := cmp.Diff(want, summarize(h.ch.told())); diff != "" {
		t.Errorf("messages told (-want +got):\n%s", diff)
	}
}

func TestFirstCardWaitsForGroupWaitAndCountsTheBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		defer h.start(t)()
		started := time.Now()
		h.happen(t, 1, 1)
		time.Sleep(2 * time.Second)
		h.happen(t, 1, 17)
		time.Sleep(time.Minute)
		wantTold(t, h, summary{Stories: 1, Total: 17})
		if took := h.ch.told()[0].At.Sub(started); took < 5*time.Second || took > 15*time.Second {
			t.Errorf("first card after %s, want GROUP_WAIT of 5s and at most the keep-off of the hour mark more", took)
		}
	})
}

func TestRepeatsWaitForRepeatInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(time.Minute)
		for n := int64(2); n <= 6; n++ {
			h.happen(t, 1, n)
			time.Sleep(5 * time.Minute)
		}
		wantTold(t, h, summary{Stories: 1, Total: 1})
		time.Sleep(40 * time.Minute)
		wantTold(t, h, summary{Stories: 1, Total: 1}, summary{Stories: 1, Total: 6})
		time.Sleep(5 * time.Hour)
		if n := len(h.ch.told()); n != 2 {
			t.Errorf("%d cards though nothing new happened, want 2", n)
		}
	})
}

func TestThreeHoursOfflineBecomeOneDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		down := h.cut()
		defer h.start(t)()
		// Recorders patch one Event with a growing count.
		const stories, patches, occurrences = 9, 40, 10_080
		for i := range stories * patches {
			h.happen(t, i%stories, int64(i/stories+1)*occurrences/stories/patches)
			time.Sleep(3 * time.Hour / stories / patches)
		}
		triesOffline := h.ch.tried()
		down.Store(false)
		time.Sleep(2 * time.Minute)
		wantTold(t, h, summary{Digest: true, Stories: stories, Total: occurrences})
		told := h.ch.told()[0].Out
		if told.Offline < 170*time.Minute || told.Offline > 182*time.Minute || told.OfflineSince.IsZero() {
			t.Errorf("digest says offline for %s since %s, want about 3h", told.Offline, told.OfflineSince)
		}
		if triesOffline > 3*60*60/45 {
			t.Errorf("%d tries in 3h offline, want at most one per 48 s once backed off", triesOffline)
		}
	})
}

func TestFewStoriesAfterAnOutageAreToldOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		down := h.cut()
		defer h.start(t)()
		for i := range 5 {
			h.happen(t, i, 2)
		}
		time.Sleep(time.Hour)
		down.Store(false)
		time.Sleep(3 * time.Minute)
		one := summary{Stories: 1, Total: 2}
		wantTold(t, h, one, one, one, one, one)
	})
}

func TestRefusedCardIsDegradedThenParkedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		h.ch.levels = 3
		h.ch.answer = func(_, _ int, o Outgoing) error {
			if len(o.Groups) > 0 && o.Groups[0].Newest.Name == "app-1" {
				return &SendError{Outcome: MessageRefused, Err: errors.New("code 11246: bad card")}
			}
			return nil
		}
		defer h.start(t)()
		h.happen(t, 1, 7)
		time.Sleep(time.Minute)
		var levels []int
		for _, try := range h.ch.all() {
			levels = append(levels, try.Level)
		}
		// The fourth is the notice that tells of the loss.
		if diff := cmp.Diff([]int{0, 1, 2, 0}, levels); diff != "" {
			t.Errorf("levels tried (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int64{ledger.DroppedParked: 7}, h.l.Counts().Dropped); diff != "" {
			t.Errorf("dropped (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int64{ledger.DroppedParked: 7}, h.ch.told()[0].Out.Notices.Dropped); diff != "" {
			t.Errorf("told as dropped (-want +got):\n%s", diff)
		}
		if !h.l.Notices().Empty() {
			t.Errorf("notices %+v are still there after they were told", h.l.Notices())
		}
		h.happen(t, 2, 1)
		time.Sleep(time.Minute)
		if n := len(h.ch.told()); n != 2 {
			t.Errorf("%d messages told, want the notice and the story after the parked one", n)
		}
	})
}

func TestRefusedChannelKeepsEverythingAndResumesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		var broken atomic.Bool
		broken.Store(true)
		h.ch.answer = func(int, int, Outgoing) error {
			if broken.Load() {
				return &SendError{Outcome: ChannelRefused, Err: errors.New("code 19001: token invalid")}
			}
			return nil
		}
		defer h.start(t)()
		h.happen(t, 1, 3)
		time.Sleep(2 * time.Hour)
		if st := h.f.Status(); st.Link.State != LinkRefused || st.Backlog.Groups != 1 || st.Link.LastError == "" {
			t.Errorf("status %+v, want a refused link with its error and one group waiting", st)
		}
		if n := h.ch.tried(); n > 20 {
			t.Errorf("%d tries in 2h against a refused channel, want few", n)
		}
		broken.Store(false)
		time.Sleep(15 * time.Minute)
		wantTold(t, h, summary{Stories: 1, Total: 3})
	})
}

func TestUnknownAnswerIsTriedThreeTimesThenDegraded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		h.ch.levels = 2
		h.ch.answer = func(_, level int, _ Outgoing) error {
			if level == 0 {
				return &SendError{Outcome: Unknown, Err: errors.New("code 4711")}
			}
			return nil
		}
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(time.Hour)
		if got := h.ch.tried(); got != 4 {
			t.Errorf("%d tries, want three in the first form and one in the next", got)
		}
		wantTold(t, h, summary{Stories: 1, Total: 1})
	})
}

func TestLostAnswerRepeatsTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		h.ch.answer = func(try, _ int, _ Outgoing) error {
			if try == 0 {
				return &SendError{Outcome: Ambiguous, Err: errors.New("read response: EOF")}
			}
			return nil
		}
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(20 * time.Second)
		h.happen(t, 1, 4)
		time.Sleep(2 * time.Hour)
		var ids []string
		for _, try := range h.ch.all() {
			ids = append(ids, try.Out.Groups[0].ShortID(alert.DefaultRoute))
		}
		if len(ids) != 3 || ids[0] != ids[1] || ids[1] == ids[2] {
			t.Errorf("ids %v, want the first twice and then another", ids)
		}
	})
}

func TestRefusedDigestIsToldStoryByStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		h.ch.answer = func(_, _ int, o Outgoing) error {
			if o.Digest {
				return &SendError{Outcome: MessageRefused, Err: errors.New("bad digest")}
			}
			return nil
		}
		defer h.start(t)()
		for i := range 7 {
			h.happen(t, i, 1)
		}
		time.Sleep(5 * time.Minute)
		if told := h.ch.told(); len(told) != 7 {
			t.Errorf("%d stories told, want 7", len(told))
		}
		if d := h.l.Counts().Dropped; len(d) != 0 {
			t.Errorf("dropped %v, want none", d)
		}
	})
}

func TestGapIsToldWithTheNextCardOrAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		defer h.start(t)()
		gap := ledger.Gap{From: time.Now().Add(-2 * time.Hour), To: time.Now(), Why: ledger.GapSourceDown}
		if err := h.l.AddGap(gap); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		told := h.ch.told()
		if len(told) != 1 || len(told[0].Out.Groups) != 0 {
			t.Fatalf("told %+v, want the notice alone", summarize(told))
		}
		if diff := cmp.Diff([]ledger.Gap{gap}, told[0].Out.Notices.Gaps); diff != "" {
			t.Errorf("gaps told (-want +got):\n%s", diff)
		}
		time.Sleep(3 * time.Hour)
		if n := len(h.ch.told()); n != 1 {
			t.Errorf("%d messages, want the gap told once", n)
		}
	})
}

package ledger

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// The clock stands still in a bubble but for time.Sleep, which takes no time.

func TestRepeatInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, testConfig(tempDir(t)))
		defer closeLedger(t, l)
		a := event("shop", "web-0", "a", 1)
		put(t, l, a)
		same(t, "before GROUP_WAIT", 0, len(due(t, l)))
		if at, ok := l.NextDue(route); !ok || at != Time(5*time.Second) {
			t.Errorf("next due: want 5s, got %v %v", time.Duration(at), ok)
		}
		time.Sleep(5 * time.Second)
		same(t, "after GROUP_WAIT", []int64{1}, deliver(t, l))
		if _, ok := l.NextDue(route); ok {
			t.Error("something is due after all was told")
		}
		for a.Count = 2; a.Count <= 6; a.Count++ {
			put(t, l, a)
		}
		time.Sleep(time.Hour - time.Second)
		same(t, "before REPEAT_INTERVAL", 0, len(due(t, l)))
		waiting, now := l.Backlog(route)
		same(t, "backlog", [2]int{1, 0}, [2]int{waiting, now})
		time.Sleep(time.Second)
		same(t, "after REPEAT_INTERVAL", []int64{6}, deliver(t, l))
		// A story that went quiet and goes on is told after GROUP_WAIT.
		time.Sleep(3 * time.Hour)
		a.Count = 7
		put(t, l, a)
		time.Sleep(5 * time.Second)
		same(t, "after a quiet time", []int64{7}, deliver(t, l))
	})
}

func TestNoGroupWait(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	put(t, l, event("shop", "web-0", "a", 1))
	same(t, "due at once", []int64{1}, deliver(t, l))
}

func TestWhatComesWhileACardIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, testConfig(tempDir(t)))
		defer closeLedger(t, l)
		put(t, l, event("shop", "web-0", "a", 2))
		time.Sleep(time.Minute)
		card := due(t, l)
		put(t, l, event("shop", "web-0", "a", 5))
		if err := l.Delivered(context.Background(), route, []Mark{MarkOf(card[0])}, Notices{}); err != nil {
			t.Fatal(err)
		}
		same(t, "due at once", 0, len(due(t, l)))
		time.Sleep(time.Hour)
		groups := due(t, l)
		if len(groups) != 1 || groups[0].Undelivered(route) != 3 || groups[0].Total != 5 {
			t.Errorf("want one group of 5 with 3 to tell, got %+v", groups)
		}
	})
}

func TestSeenRowsExpireByTheLedgersClock(t *testing.T) {
	cfg := testConfig(tempDir(t))
	synctest.Test(t, func(t *testing.T) {
		l := open(t, cfg)
		put(t, l, event("shop", "web-0", "a", 4))
		time.Sleep(2*time.Hour - time.Second)
		closeLedger(t, l)
		time.Sleep(100 * time.Hour) // without power: the clock stands
		l = open(t, cfg)
		put(t, l, event("shop", "web-0", "a", 4))
		same(t, "recognised", map[string]int64{"web-0": 4}, totals(t, l))
		// It was sent again late in its life, so it lives on.
		time.Sleep(90 * time.Minute)
		put(t, l, event("shop", "web-0", "a", 4))
		same(t, "still recognised", map[string]int64{"web-0": 4}, totals(t, l))
		time.Sleep(2*time.Hour + 2*time.Second)
		synctest.Wait()
		same(t, "rows while there is room", 1, l.Stats().Seen)
		closeLedger(t, l)
		l = open(t, cfg, func(l *Ledger) { l.tune = func(lim *limits) { lim.seen = 2 } })
		defer closeLedger(t, l)
		time.Sleep(sweepEvery)
		synctest.Wait()
		same(t, "rows when it gets crowded", 0, l.Stats().Seen)
	})
}

func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, testConfig(tempDir(t)))
		defer closeLedger(t, l)
		var alerts []alert.Alert
		for i := range 2500 { // over half of what the table holds
			alerts = append(alerts, numbered("shop", i%3, i))
		}
		put(t, l, alerts...)
		time.Sleep(10 * time.Second)
		deliver(t, l)
		put(t, l, numbered("shop", 0, 9999)) // one of three has more to tell
		time.Sleep(time.Hour)
		synctest.Wait()
		same(t, "rows of seen in their time", 2501, l.Stats().Seen)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if seen := l.Stats().Seen; seen >= l.limits.seen/2 {
			t.Errorf("rows of seen after their time: %d", seen)
		}
		same(t, "groups within a day", 3, l.Stats().Groups)
		time.Sleep(23 * time.Hour)
		synctest.Wait()
		same(t, "groups after a day", 1, l.Stats().Groups)
		same(t, "census", 1, l.have.groups)
	})
}

func TestWallClockIsOnlyShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wall := time.Unix(0, 0)
		l := open(t, testConfig(tempDir(t)), WithWallClock(func() time.Time { return wall }))
		defer closeLedger(t, l)
		put(t, l, event("shop", "web-0", "a", 1))
		for _, jump := range []time.Duration{56 * 365 * 24 * time.Hour, -90 * 24 * time.Hour} {
			wall = wall.Add(jump)
			same(t, "due before its time", 0, len(due(t, l)))
		}
		time.Sleep(5 * time.Second)
		same(t, "due", []int64{1}, deliver(t, l))
	})
}

func TestTimesThatJSONCannotWrite(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	a := event("shop", "web-0", "a", 1)
	a.First = time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)
	a.Last = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -5*3600))
	put(t, l, a, event("shop", "db-0", "b", 1))
	same(t, "totals", map[string]int64{"web-0": 1, "db-0": 1}, totals(t, l))
}

func TestOffline(t *testing.T) {
	cfg := testConfig(tempDir(t))
	l := open(t, cfg)
	ctx := context.Background()
	if _, ok := l.Offline(route); ok {
		t.Error("offline from the start")
	}
	since := Offline{Since: day, At: l.Now()}
	if err := l.SetOffline(ctx, route, since); err != nil {
		t.Fatal(err)
	}
	before := commits(l)
	if err := l.SetOffline(ctx, route, Offline{Since: day.Add(time.Hour), At: l.Now()}); err != nil {
		t.Fatal(err)
	}
	same(t, "writes by a known outage", before, commits(l))
	put(t, l, event("shop", "web-0", "a", 1), event("shop", "db-0", "b", 1))
	closeLedger(t, l)
	l = open(t, cfg)
	got, ok := l.Offline(route)
	if !ok {
		t.Fatal("the outage did not outlive a restart")
	}
	since.First = firstEventOf(event("shop", "web-0", "a", 1))
	same(t, "outage", since, got)
	if err := l.Delivered(ctx, route, nil, Notices{}); err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Offline(route); ok {
		t.Error("offline after a delivery")
	}
	named := Offline{Since: day, At: l.Now(), First: &FirstEvent{Kind: "Node", Name: "pi"}}
	if err := l.SetOffline(ctx, route, named); err != nil {
		t.Fatal(err)
	}
	put(t, l, event("shop", "cache-0", "c", 1))
	got, _ = l.Offline(route)
	same(t, "first event as it was set", named, got)
	if err := l.Delivered(ctx, route, nil, Notices{}); err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Offline(route); ok {
		t.Error("offline after it was cleared")
	}
}

// TestInstanceStays: what a far side knows a story's news by does not change
// when older Events come late, and is another one when the story begins anew.
func TestInstanceStays(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		instance := func(min alert.MinCount, first time.Time) int64 {
			a := podEvent("a", "Warning", "BackOff")
			a.First = first
			if err := l.Take(t.Context(), []Report{{Alert: a, Rings: true, Min: min}}); err != nil {
				t.Fatal(err)
			}
			groups, err := l.Groups()
			if err != nil || len(groups) != 1 {
				t.Fatalf("%d groups, %v", len(groups), err)
			}
			return groups[0].Instance()
		}
		rare := alert.MinCount{N: 10, Within: time.Minute}
		before := instance(rare, time.Now())
		time.Sleep(time.Second)
		same(t, "instance with an older First", before, instance(rare, time.Now().Add(-time.Hour)))
		time.Sleep(3 * time.Hour)
		if after := instance(rare, time.Now()); after == before {
			t.Error("a story that began anew is the same instance")
		}
	})
}

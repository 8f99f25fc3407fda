package apiserver_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

// TestIdleThroughCompactions: others write, the history is compacted, watches
// end and are 410; nothing is posted again.
func TestIdleThroughCompactions(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 120)...)
		src, log := start(t, srv, k, apiserver.Config{})
		for range 3 {
			pass(time.Minute)
			srv.Advance(5000)
			srv.Compact()
			pass(11 * time.Minute)
		}
		if k.posted() != 120 {
			t.Errorf("%d posted, want 120", k.posted())
		}
		if s := src.Stats(); s.Gone != 3 {
			t.Errorf("gone %d times, want 3", s.Gone)
		}
		if s := src.State(); !s.Connected || !s.Complete || time.Since(s.Since) != 36*time.Minute {
			t.Errorf("410 is no outage: %+v", s)
		}
		srv.Add(some(120, 1)...)
		synctest.Wait()
		if k.posted() != 121 || log.String() != "" {
			t.Errorf("%d posted, want 121; log:\n%s", k.posted(), log)
		}
	})
}

func TestBookmarksMoveThePosition(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		src, _ := start(t, srv, k, apiserver.Config{})
		synctest.Wait()
		srv.Advance(5000)
		srv.Bookmark()
		synctest.Wait()
		srv.Compact()
		srv.EndWatches()
		pass(time.Minute)
		if s := src.Stats(); s.Gone != 0 || s.Watches != 2 {
			t.Errorf("stats %+v, want a second watch and no 410", s)
		}
	})
}

func TestWatchEndsAndBreaks(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		_, log := start(t, srv, k, apiserver.Config{})
		pass(2 * time.Second)
		for i, cut := range []func(){srv.EndWatches, srv.BreakWatches, srv.EndWatches} {
			srv.Add(some(2*i, 1)...)
			cut()
			srv.Add(some(2*i+1, 1)...)
			pass(3 * time.Second)
			if k.posted() != 2*i+2 || srv.Watching() != 1 {
				t.Fatalf("round %d: %d posted, %d watches", i, k.posted(), srv.Watching())
			}
		}
		if log.String() != "" {
			t.Errorf("a watch that ends is usual; log:\n%s", log)
		}
		pass(time.Hour)
		if srv.Watching() != 1 || k.posted() != 6 {
			t.Errorf("after an hour: %d posted, %d watches", k.posted(), srv.Watching())
		}
		if n := len(srv.Requests()); n > 40 {
			t.Errorf("%d requests in an idle hour", n)
		}
	})
}

// TestAlwaysGone: a server whose history is never there is not asked in a
// tight loop.
func TestAlwaysGone(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 1)...)
		srv.Intercept(func(q apiservertest.Request) int {
			if q.Verb == "watch" {
				return 410
			}
			return 0
		})
		start(t, srv, k, apiserver.Config{})
		pass(10 * time.Minute)
		if n := len(srv.Requests()); n > 120 || k.posted() != 1 {
			t.Errorf("%d requests in ten minutes, %d posted", n, k.posted())
		}
	})
}

func TestSinkDownClosesTheWatch(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		src, log := start(t, srv, k, apiserver.Config{})
		pass(2 * time.Second)
		open := k.hold()
		srv.Add(some(0, 10)...)
		pass(9 * time.Second)
		if srv.Watching() != 1 {
			t.Error("the watch must stay open for a short pause")
		}
		pass(2 * time.Second)
		if srv.Watching() != 0 {
			t.Error("the watch must be closed after 10 s")
		}
		srv.Add(some(10, 3000)...)
		pass(3 * time.Hour)
		if ok, reason := src.Ready(); !ok || srv.Watching() != 0 || k.posted() != 0 {
			t.Errorf("in the pause: ready %v %q, %d watches, %d posted", ok, reason, srv.Watching(), k.posted())
		}
		srv.Advance(1)
		srv.Compact()
		open()
		pass(2 * time.Second)
		if m := k.missing(srv); len(m) > 0 || k.posted() != 3010 || srv.Watching() != 1 {
			t.Errorf("after it: %d posted, %d missing, %d watches", k.posted(), len(m), srv.Watching())
		}
		if log.count("watch closed until") != 1 || log.count("WARN") != 0 {
			t.Errorf("log:\n%s", log)
		}
	})
}

// TestBusySinkGetsBatches: what comes while a delivery is under way goes out
// together, and not more than one batch is read ahead.
func TestBusySinkGetsBatches(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		src, _ := start(t, srv, k, apiserver.Config{})
		pass(2 * time.Second)
		open := k.hold()
		k.slow = time.Millisecond
		srv.Add(some(0, 1000)...)
		synctest.Wait()
		if n := src.Stats().Read; n > 1+100+1 {
			t.Errorf("%d read ahead", n)
		}
		open()
		pass(time.Second)
		if k.posted() != 1000 || len(k.batches) > 20 || slices.Max(k.batches) != 100 {
			t.Errorf("%d posted in batches of %v", k.posted(), k.batches)
		}
	})
}

package apiserver_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

// inFakeTime runs a test in fake time; passing time does not block.
func inFakeTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// pass lets time pass, and everything settle.
func pass(d time.Duration) {
	time.Sleep(d) // fake time
	synctest.Wait()
}

func TestListThenWatch(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 250)...)
		src, _ := start(t, srv, k, apiserver.Config{})
		synctest.Wait()
		if k.posted() != 250 || srv.Watching() != 1 {
			t.Fatalf("after the list: %d posted, %d watches", k.posted(), srv.Watching())
		}
		if s := src.State(); !s.Connected || !s.Complete || s.Since.IsZero() {
			t.Errorf("after the list: %+v", s)
		}
		srv.Add(some(250, 1)...)
		srv.Modify("default", "e000007", func(ev *corev1.Event) { ev.Count = 2 })
		srv.Delete("default", "e000008")
		synctest.Wait()
		if diff := cmp.Diff([]string{"default/Pod/p250", "default/Pod/p7"}, k.subjects()[250:]); diff != "" {
			t.Errorf("after the watch (-want +got):\n%s", diff)
		}
		if m := k.missing(srv); len(m) > 0 {
			t.Errorf("missing %v", m)
		}
		if s := src.Stats(); s.Lists != 3 || s.Watches != 1 || s.Read != 252 || s.Delivered != 252 {
			t.Errorf("stats %+v", s)
		}
		if q := srv.Requests()[0]; q.Limit != 100 || !strings.HasPrefix(q.Accept, "application/vnd.kubernetes.protobuf") {
			t.Errorf("first request %+v", q)
		}
		if q := srv.Requests()[3]; q.Verb != "watch" || !q.Bookmarks || q.TimeoutSeconds < 300 || q.TimeoutSeconds > 600 || q.ResourceVersion != "1250" {
			t.Errorf("watch request %+v", q)
		}
	})
}

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

// TestSlowSink: 50,000 Events, and a sink slower than the compaction: every
// list is broken, many times, by an expired continue token.
func TestSlowSink(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{slow: time.Second}
		srv.Add(some(0, 50_000)...)
		stop := make(chan struct{})
		defer close(stop)
		go func() { // a compaction every minute, after 60 deliveries
			tick := time.NewTicker(time.Minute)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-tick.C:
					srv.Advance(100)
					srv.Compact()
				}
				if i < 10 {
					srv.Add(some(50_000+i, 1)...)
					srv.Modify("default", "e000001", func(ev *corev1.Event) { ev.Count++ })
				}
			}
		}()
		src, _ := start(t, srv, k, apiserver.Config{})
		pass(15 * time.Minute)
		if m := k.missing(srv); len(m) > 0 {
			t.Errorf("%d missing", len(m))
		}
		if k.posted() > 50_000+30 {
			t.Errorf("%d posted, want each once", k.posted())
		}
		if s := src.Stats(); s.Gone < 8 || !src.State().Complete {
			t.Errorf("gone %d times, want many; complete %v", s.Gone, src.State().Complete)
		}
	})
}

func TestBrokenListGoesOn(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 1000)...)
		n := 0
		srv.Intercept(func(q apiservertest.Request) int {
			switch n++; n {
			case 4:
				srv.Advance(1)
				srv.Compact() // the token expires
			case 9:
				return apiservertest.Abort // the connection breaks
			case 14:
				return 500
			}
			return 0
		})
		src, log := start(t, srv, k, apiserver.Config{})
		pass(time.Minute)
		if k.posted() != 1000 || len(k.missing(srv)) > 0 || !src.State().Complete {
			t.Errorf("%d posted, %d missing; want each once", k.posted(), len(k.missing(srv)))
		}
		if log.count("does not answer") != 2 || log.count("answers again") != 2 {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestRestoredDatastore(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 10)...)
		back := srv.ResourceVersion()
		srv.Add(some(10, 10)...)
		srv.Advance(1000)
		_, log := start(t, srv, k, apiserver.Config{})
		synctest.Wait()
		srv.Restore(back)
		pass(5 * time.Second)
		srv.Add(some(30, 1)...)
		pass(time.Second)
		if m := k.missing(srv); len(m) > 0 || k.posted() != 20+10+1 {
			t.Errorf("%d posted, missing %v; want all again after the restore", k.posted(), m)
		}
		if log.count("restored to an earlier state") != 1 {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestPoison(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 3)...)
		noUID := func(ev *corev1.Event) { ev.UID = "" }
		srv.Modify("default", "e000001", noUID)
		src, log := start(t, srv, k, apiserver.Config{})
		synctest.Wait()
		srv.Modify("default", "e000002", noUID)
		srv.Add(some(3, 1)...)
		synctest.Wait()
		if diff := cmp.Diff([]string{"default/Pod/p0", "default/Pod/p2", "default/Pod/p3"}, k.subjects()); diff != "" {
			t.Errorf("posted (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]uint64{"malformed": 2}, src.Stats().Dropped); diff != "" || log.count("Event dropped") != 2 {
			t.Errorf("dropped (-want +got):\n%s\nlog:\n%s", diff, log)
		}
		srv.EndWatches()
		pass(time.Minute)
		if srv.Watching() != 1 || src.Stats().Dropped["malformed"] != 2 {
			t.Error("poison is passed once and for all")
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

func TestOutage(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 5)...)
		src, log := start(t, srv, k, apiserver.Config{})
		pass(time.Minute)
		srv.Intercept(func(apiservertest.Request) int { return apiservertest.Abort })
		srv.BreakWatches()
		srv.Add(some(5, 5)...)
		before := len(srv.Requests())
		pass(time.Hour)
		if n := len(srv.Requests()) - before; n < 100 || n > 300 {
			t.Errorf("%d tries in an hour, want one in 15 to 30 s", n)
		}
		if ok, reason := src.Ready(); ok || reason == "" || src.State().Complete {
			t.Errorf("in an outage: ready %v, %q", ok, reason)
		}
		srv.Intercept(nil)
		pass(35 * time.Second)
		if ok, reason := src.Ready(); !ok || !src.State().Complete || len(k.missing(srv)) > 0 || k.posted() != 10 {
			t.Errorf("after it: ready %v, %q, %d posted, missing %v", ok, reason, k.posted(), k.missing(srv))
		}
		if log.count("does not answer") != 1 || log.count("answers again") != 1 || !strings.Contains(log.String(), "after=1h0m") {
			t.Errorf("log:\n%s", log)
		}
	})
}

// TestWatchForbidden: a role that may list and not watch is one outage, not a
// new one each time that the list is answered.
func TestWatchForbidden(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Intercept(func(q apiservertest.Request) int {
			if q.Verb == "watch" {
				return 403
			}
			return 0
		})
		src, log := start(t, srv, k, apiserver.Config{})
		pass(10 * time.Minute)
		if ok, reason := src.Ready(); ok || !strings.Contains(reason, "watch Events: ") {
			t.Errorf("ready %v, %q", ok, reason)
		}
		if n := len(srv.Requests()); log.count("does not answer") != 1 || log.count("again") != 0 || n > 80 {
			t.Errorf("%d requests, log:\n%s", n, log)
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

func TestNamespaces(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		var all []*corev1.Event
		for i, ns := range []string{"a", "b", "c"} {
			for _, ev := range some(10*i, 3) {
				ev.Namespace, ev.InvolvedObject.Namespace = ns, ns
				all = append(all, ev)
			}
		}
		srv.Add(all...)
		src, _ := start(t, srv, k, apiserver.Config{Namespaces: []string{"a", " c", "a", ""}})
		pass(2 * time.Second)
		if k.posted() != 6 || srv.Watching() != 2 {
			t.Errorf("%d posted, %d watches", k.posted(), srv.Watching())
		}
		srv.Intercept(func(q apiservertest.Request) int {
			if q.Namespace == "c" {
				return 403
			}
			return 0
		})
		srv.BreakWatches()
		pass(5 * time.Second)
		if ok, reason := src.Ready(); ok || !strings.HasPrefix(reason, "namespace c: ") {
			t.Errorf("ready %v, %q", ok, reason)
		}
		for _, q := range srv.Requests() {
			if q.Namespace != "a" && q.Namespace != "c" {
				t.Errorf("asked for namespace %q", q.Namespace)
			}
		}
		srv.Modify("a", "e000000", func(*corev1.Event) {})
		synctest.Wait()
		if k.posted() != 7 {
			t.Errorf("%d posted, want namespace a to go on", k.posted())
		}
	})
}

func TestFieldSelector(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		normal := func(ev *corev1.Event) { ev.Type = "Normal" }
		events := some(0, 4)
		normal(events[1])
		srv.Add(events...)
		start(t, srv, k, apiserver.Config{FieldSelector: "type=Warning,involvedObject.name!=p3"})
		synctest.Wait()
		srv.Modify("default", "e000003", func(*corev1.Event) {})
		srv.Modify("default", "e000001", func(ev *corev1.Event) { ev.Type = "Warning" })
		srv.Modify("default", "e000002", normal)
		synctest.Wait()
		want := []string{"default/Pod/p0", "default/Pod/p2", "default/Pod/p1"}
		if diff := cmp.Diff(want, k.subjects()); diff != "" {
			t.Errorf("posted (-want +got):\n%s", diff)
		}
	})
}

// TestHugeEvents: pages over the bound are asked for in smaller parts.
func TestHugeEvents(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		events := some(0, 120)
		for i, ev := range events {
			if i%3 == 0 {
				ev.Message = strings.Repeat("x", 300_000)
			}
		}
		events[50].Message = strings.Repeat("x", 5_000_000)
		srv.Add(events...)
		start(t, srv, k, apiserver.Config{})
		synctest.Wait()
		if m := k.missing(srv); len(m) > 0 || k.posted() != 120 {
			t.Errorf("%d posted, %d missing", k.posted(), len(m))
		}
	})
}

func TestRotatedToken(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.RequireToken("one")
		file := writeFile(t, "token", "one")
		rc := &rest.Config{Host: "http://api.test", Transport: srv.Transport(), BearerTokenFile: file}
		src, log := startAt(t, rc, k, apiserver.Config{})
		pass(time.Minute)
		srv.RequireToken("two")
		srv.BreakWatches()
		srv.Add(some(0, 1)...)
		pass(10 * time.Minute)
		if ok, reason := src.Ready(); ok || !strings.Contains(reason, "Unauthorized") {
			t.Errorf("ready %v, %q", ok, reason)
		}
		rewriteFile(t, file, "two")
		pass(2 * time.Minute)
		if ok, reason := src.Ready(); !ok || k.posted() != 1 {
			t.Errorf("ready %v, %q, %d posted", ok, reason, k.posted())
		}
		if log.count("does not answer") != 1 || log.count("answers again") != 1 {
			t.Errorf("log:\n%s", log)
		}
	})
}

package apiserver_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

// TestSlowSink: 50,000 Events (fewer with -race), and a sink slower than the compaction: every
// list is broken, many times, by an expired continue token.
func TestSlowSink(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{slow: time.Second}
		srv.Add(some(0, many)...)
		stop := make(chan struct{})
		defer close(stop)
		go func() { // a compaction three times in each pass
			tick := time.NewTicker(many * 3 * time.Millisecond)
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
					srv.Add(some(many+i, 1)...)
					srv.Modify("default", "e000001", func(ev *corev1.Event) { ev.Count++ })
				}
			}
		}()
		src, _ := start(t, srv, k, apiserver.Config{})
		pass(30 * time.Minute)
		if m := k.missing(srv); len(m) > 0 {
			t.Errorf("%d missing", len(m))
		}
		if k.posted() > many+30 {
			t.Errorf("%d posted, want each once", k.posted())
		}
		if s := src.Stats(); s.Gone < 3 || !src.State().Complete {
			t.Errorf("gone %d times, want each time; complete %v", s.Gone, src.State().Complete)
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
			case 15: // after a page that is new
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

// TestHugeEvents: pages over the bound are asked for in smaller parts.
func TestHugeEvents(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		events := some(0, 120)
		for i, ev := range events {
			if i%10 == 0 {
				ev.Message = strings.Repeat("x", 600_000)
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

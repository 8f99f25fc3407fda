package apiserver_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

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

// TestCompleteInABusyCluster: after an outage the source is complete when it has
// passed the revision that it found, though the stream is never quiet.
func TestCompleteInABusyCluster(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{slow: 10 * time.Millisecond}
		src, _ := start(t, srv, k, apiserver.Config{})
		pass(2 * time.Second)
		srv.Intercept(func(apiservertest.Request) int { return 503 })
		srv.BreakWatches()
		pass(time.Minute)
		srv.Add(some(0, 1000)...)
		if s := src.State(); s.Connected || s.Complete {
			t.Errorf("in the outage: %+v", s)
		}
		srv.Intercept(nil)
		for i := range 400 {
			srv.Add(some(1000+i, 1)...)
			pass(100 * time.Millisecond)
			if src.State().Complete && k.posted() < 1000 {
				t.Fatalf("complete with %d of 1000 posted", k.posted())
			}
		}
		if s := src.State(); !s.Connected || !s.Complete {
			t.Errorf("after it: %+v", s)
		}
	})
}

// TestSecondPageFails: a list whose first page is answered and whose second
// never is (a row that the server cannot read, a datastore that is too slow) is
// tried as seldom as one that is not answered at all.
func TestSecondPageFails(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 250)...)
		srv.Intercept(func(q apiservertest.Request) int {
			if q.Continue != "" {
				return 500
			}
			return 0
		})
		_, log := start(t, srv, k, apiserver.Config{})
		pass(time.Hour)
		if n := len(srv.Requests()); n < 200 || n > 600 {
			t.Errorf("%d requests in an hour, want two in 15 to 30 s", n)
		}
		if n := log.count("does not answer"); n != 1 {
			t.Errorf("the outage was said %d times", n)
		}
		srv.Intercept(nil)
		pass(35 * time.Second)
		if len(k.missing(srv)) > 0 || k.posted() != 250 {
			t.Errorf("after it: %d posted, missing %v", k.posted(), k.missing(srv))
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

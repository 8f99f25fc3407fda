package notify

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/ledger"
)

// TestPaceHoldsInEveryWindow sends as fast as the pace allows, and at random
// moments, and looks at every window of a second and of a minute.
func TestPaceHoldsInEveryWindow(t *testing.T) {
	for _, perMinute := range []int{1, 2, 3, 20, 99, 100} {
		p := newPace(perMinute)
		now := time.Unix(1_800_000_100, 0)
		var sent []time.Time
		rng := rand.New(rand.NewPCG(1, uint64(perMinute)))
		for range 2000 {
			if wait := p.spacing(now); wait > 0 {
				now = now.Add(wait)
				continue
			}
			p.took(now)
			sent = append(sent, now)
			if rng.IntN(300) == 0 {
				now = now.Add(time.Duration(rng.Int64N(int64(90 * time.Second))))
			}
		}
		if n := most(sent, time.Second); n > 5 {
			t.Errorf("FEISHU_MAX_PER_MINUTE=%d: %d within a second, want at most 5", perMinute, n)
		}
		if n := most(sent, time.Minute); n > perMinute {
			t.Errorf("FEISHU_MAX_PER_MINUTE=%d: %d within a minute", perMinute, n)
		}
		if perMinute > 1 && most(sent, time.Minute) < perMinute*3/4 {
			t.Errorf("FEISHU_MAX_PER_MINUTE=%d: at most %d within a minute, the bound is not used", perMinute, most(sent, time.Minute))
		}
	}
}

// most is the largest number of sends in any window of length d.
func most(sent []time.Time, d time.Duration) (n int) {
	from := 0
	for to := range sent {
		for sent[to].Sub(sent[from]) >= d {
			from++
		}
		n = max(n, to-from+1)
	}
	return n
}

func TestOffMarkKeepsOffHalfHours(t *testing.T) {
	hour := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		at       time.Time
		min, max time.Duration
	}{
		{hour.Add(-2 * time.Second), 0, 0},
		{hour.Add(-500 * time.Millisecond), 4500 * time.Millisecond, 10500 * time.Millisecond},
		{hour, 4 * time.Second, 10 * time.Second},
		{hour.Add(3 * time.Second), time.Second, 7 * time.Second},
		{hour.Add(30*time.Minute + time.Second), 3 * time.Second, 9 * time.Second},
		{hour.Add(5 * time.Second), 0, 0},
		{hour.Add(17 * time.Minute), 0, 0},
	} {
		for range 50 {
			if got := offMark(tc.at); got < tc.min || got > tc.max {
				t.Errorf("at %s: wait %s, want %s to %s", tc.at.Format(time.TimeOnly), got, tc.min, tc.max)
			}
		}
	}
}

func TestBackoffDoublesUpToItsBound(t *testing.T) {
	for tries := range 80 {
		want := min(time.Second<<min(tries, 10), time.Minute)
		if got := backoff(tries, time.Second, time.Minute); got > want || got < want*4/5 {
			t.Errorf("try %d: backoff %s, want %s less at most a fifth", tries, got, want)
		}
	}
}

// TestAProcessThatEndsAgainAndAgainKeepsThePace: each new one knows what the
// last ones have sent.
func TestAProcessThatEndsAgainAndAgainKeepsThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.DigestThreshold = 1000 }, "default")
		for i := range 120 {
			r.happen(fmt.Sprintf("Job ns%d/job BackOff", i), 1)
		}
		for range 40 {
			time.Sleep(1500 * time.Millisecond)
			r.stop()
			r.open()
		}
		r.stop()
		n := r.on["default"].tried()
		if n < 8 || n > 25 {
			t.Errorf("%d cards within a minute, want about 20", n)
		}
	})
}

// TestRoutesToOneFarSideShareItsPace, at the lower of their limits.
func TestRoutesToOneFarSideShareItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.DigestThreshold = 1000 }, "a=kind=Job", "b=kind=CronJob", "default")
		r.stop()
		quiet := slog.New(slog.DiscardHandler)
		l, err := ledger.Open(r.cfg.Ledger, ledger.WithLogger(quiet), ledger.WithRoutes(r.names...))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		routes := r.routes()
		routes[0].Far, routes[1].Far, routes[1].PerMinute = "bot", "bot", 40
		r.l, r.f = l, New(r.cfg, l, routes, WithLogger(quiet))
		for i := range 60 {
			r.happen(fmt.Sprintf("Job a%d/x BackOff", i), 1)
			r.happen(fmt.Sprintf("CronJob b%d/x BackOff", i), 1)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.f.Run(ctx) }()
		time.Sleep(65 * time.Second)
		cancel()
		<-done
		a, b := r.on["a"].tried(), r.on["b"].tried()
		if min(a, b) < 6 || a+b > 25 {
			t.Errorf("%d and %d cards within a minute, want a third at least for each and about 20 in all", a, b)
		}
	})
}

// TestTheFasterRouteLeavesTurns: of two that share a pace, each is told while
// both want to, whoever comes first; who is alone has every turn, but for one
// short wait after the other's last.
func TestTheFasterRouteLeavesTurns(t *testing.T) {
	p, now := newPace(20), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	sent := map[string]int{}
	try := func(route string) {
		if p.claim(route, now) <= 0 {
			sent[route]++
		}
	}
	for range 240 { // a minute of quarter seconds, the fast one always first
		try("fast")
		try("slow")
		now = now.Add(250 * time.Millisecond)
	}
	if min(sent["fast"], sent["slow"]) < 8 || sent["fast"]+sent["slow"] > 20 {
		t.Errorf("sent %v, want about ten of each and 20 at most", sent)
	}
	for range 240 {
		try("fast")
		now = now.Add(250 * time.Millisecond)
	}
	if sent["fast"] < 26 {
		t.Errorf("alone for a minute the fast one has sent %d in two", sent["fast"])
	}
}

package status_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/adapters/kubeevent"
	"github.com/edgebell/edgebell/adapters/status"
)

// source is what is reported about; collector is where to.
type source struct {
	mu  sync.Mutex
	now kubeevent.Status
}

func (s *source) status() kubeevent.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *source) set(f func(*kubeevent.Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.now)
}

type collector struct {
	mu    sync.Mutex
	err   error
	tries int
	got   []kubeevent.Status
	at    []time.Duration
	start time.Time
	t     *testing.T
}

func (c *collector) Post(_ context.Context, events []event.Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	if c.err != nil {
		return c.err
	}
	for i := range events {
		if err := events[i].Validate(); err != nil {
			c.t.Errorf("not a CloudEvent: %v", err)
		}
		s, err := kubeevent.DecodeStatus(&events[i])
		if err != nil {
			c.t.Errorf("not a status: %v", err)
		}
		c.got = append(c.got, s)
		c.at = append(c.at, time.Since(c.start))
	}
	return nil
}

func (c *collector) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// seen is what has come so far.
func (c *collector) seen() (tries int, got []kubeevent.Status, at []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries, slices.Clone(c.got), slices.Clone(c.at)
}

// pass lets fake time pass, and everything settle.
func pass(d time.Duration) {
	time.Sleep(d) // fake time
	synctest.Wait()
}

// run has a source report that began in the given state, to a collector that
// fails so at first.
func run(t *testing.T, from kubeevent.Status, down error, f func(t *testing.T, s *source, c *collector)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, c := &source{now: from}, &collector{start: time.Now(), t: t, err: down}
		r := status.New("edge", kubeevent.OriginWatch, 0, s.status, c, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		go r.Run(ctx)
		f(t, s, c)
		cancel()
		synctest.Wait()
		_, all, _ := c.seen()
		for _, got := range all {
			if got.Boot != r.Boot() || !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(got.Boot) {
				t.Errorf("boot %q, want %q", got.Boot, r.Boot())
			}
		}
	})
}

func TestAtStartAndEveryMinute(t *testing.T) {
	run(t, kubeevent.Status{Connected: true, Complete: true}, nil, func(t *testing.T, s *source, c *collector) {
		pass(5*time.Minute + time.Second/2)
		s.set(func(now *kubeevent.Status) { now.Accepted = 17 })
		pass(time.Minute)
		_, got, at := c.seen()
		if diff := cmp.Diff([]time.Duration{0, time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute, 5 * time.Minute, 6 * time.Minute}, at[max(len(at)-7, 0):]); diff != "" {
			t.Errorf("sent at (-want +got):\n%s", diff)
		}
		want := kubeevent.Status{Boot: got[0].Boot, Sequence: uint64(len(got)), Origin: "watch", IntervalSeconds: 60, Connected: true, Complete: true, Accepted: 17}
		if diff := cmp.Diff(want, got[len(got)-1]); diff != "" {
			t.Errorf("last status (-want +got):\n%s", diff)
		}
	})
}

func TestOnChange(t *testing.T) {
	changes := map[string]func(*kubeevent.Status){
		"connected": func(s *kubeevent.Status) { s.Connected = true },
		"complete":  func(s *kubeevent.Status) { s.Complete = true },
		"refused":   func(s *kubeevent.Status) { s.Refused = map[string]uint64{"bad_request": 1} },
		"dropped":   func(s *kubeevent.Status) { s.Dropped = map[string]uint64{"malformed": 1} },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			run(t, kubeevent.Status{}, nil, func(t *testing.T, s *source, c *collector) {
				pass(10*time.Second + time.Second/2)
				s.set(change)
				pass(time.Second)
				_, _, at := c.seen()
				if diff := cmp.Diff([]time.Duration{0, 11 * time.Second}, at); diff != "" {
					t.Errorf("sent at (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAtMostOncePerSecond(t *testing.T) {
	run(t, kubeevent.Status{}, nil, func(t *testing.T, s *source, c *collector) {
		for i := range 1000 {
			pass(10 * time.Millisecond)
			s.set(func(now *kubeevent.Status) { now.Refused = map[string]uint64{"bad_request": uint64(i)} })
		}
		_, got, _ := c.seen()
		if n := len(got); n < 10 || n > 11 {
			t.Errorf("%d reports in ten seconds", n)
		}
	})
}

func TestOutage(t *testing.T) {
	run(t, kubeevent.Status{}, errors.New("down"), func(t *testing.T, _ *source, c *collector) {
		pass(10*time.Minute + time.Second/2)
		tries, _, _ := c.seen()
		if tries < 30 || tries > 60 {
			t.Errorf("%d tries in ten minutes, want one in 15 s", tries)
		}
		c.fail(nil)
		pass(16 * time.Second)
		_, got, _ := c.seen()
		if len(got) != 1 || got[0].Sequence != uint64(tries)+1 {
			t.Fatalf("after %d tries got %+v", tries, got)
		}
		pass(time.Minute)
		if _, got, _ = c.seen(); len(got) != 2 || got[1].Sequence != got[0].Sequence+1 {
			t.Errorf("then got %+v", got)
		}
	})
}

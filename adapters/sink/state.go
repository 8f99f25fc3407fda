package sink

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Stats is what a Client has seen since its start.
type Stats struct {
	// Posts counts requests, Accepted the events that the receiver has taken.
	Posts    uint64
	Accepted uint64
	// Refused counts, per reason, the events that were dropped because the
	// receiver refuses them.
	Refused map[string]uint64
	// Down is when the present outage began, zero when there is none. While a
	// Deliver waits, only the answer to a counted event ends it: that the
	// receiver takes what is uncounted does not help those that wait. NextTry is
	// when a waiting Deliver tries again.
	Down    time.Time
	NextTry time.Time
	// LastError is the newest outage's reason, kept after it is over.
	LastError string
}

// state is an outage's memory: each of its reasons is said once, and that it is
// over.
type state struct {
	mu      sync.Mutex
	stats   Stats
	tries   int
	said    []int // the statuses that this outage has been told with, 0 for no answer
	waiting int   // Delivers that wait through the outage
}

// Stats returns a copy of the counts.
func (c *Client) Stats() Stats {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	s := c.state.stats
	s.Refused = maps.Clone(s.Refused)
	return s
}

func (s *state) failed(log *slog.Logger, outage *Outage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Posts++
	s.tries++
	s.stats.LastError = outage.Err.Error()
	level, msg := slog.LevelWarn, "sink unreachable"
	if s.stats.Down.IsZero() {
		s.stats.Down = time.Now()
	} else {
		msg = "sink still unreachable"
	}
	if slices.Contains(s.said, outage.Status) || len(s.said) == maxSaid {
		level = slog.LevelDebug
	} else {
		s.said = append(s.said, outage.Status)
	}
	log.Log(context.Background(), level, msg, "error", outage.Err, "tries", s.tries)
}

// maxSaid is how many reasons of one outage are told: a sink that is down and
// then answers 401 needs its token, which "connection refused" does not say; one
// that invents statuses is not to fill the log.
const maxSaid = 5

func (s *state) reached(log *slog.Logger, uncounted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Posts++
	if s.stats.Down.IsZero() || uncounted && s.waiting > 0 {
		return
	}
	log.Info("sink recovered", "tries", s.tries, "after", time.Since(s.stats.Down).Round(time.Millisecond).String())
	s.tries, s.said, s.stats.Down, s.stats.NextTry = 0, nil, time.Time{}, time.Time{}
}

func (s *state) willTry(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.NextTry = at
}

// wait counts the Delivers that wait.
func (s *state) wait(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting += n
}

func (c *Client) accept(ev *event.Event) {
	if c.uncounted[ev.Type()] {
		return
	}
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	c.state.stats.Accepted++
}

// drop lets go of an event for good: counted and said, as nobody else will.
func (c *Client) drop(ev *event.Event, reason string, status int, text string) {
	c.log.Warn("event dropped: the sink refuses it", "id", ev.ID(), "type", ev.Type(), "reason", reason, "status", status, "answer", text)
	if c.uncounted[ev.Type()] {
		return
	}
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	if c.state.stats.Refused == nil {
		c.state.stats.Refused = map[string]uint64{}
	}
	c.state.stats.Refused[reason]++
}

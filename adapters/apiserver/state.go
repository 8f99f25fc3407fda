package apiserver

import (
	"log/slog"
	"maps"
	"sync"
	"time"
)

// Stats counts since the start.
type Stats struct {
	// Lists and Watches count requests, Gone how often the position was too
	// old and had to be found again by a list.
	Lists, Watches, Gone uint64
	// Read counts Events that were read, Delivered those whose delivery ended.
	Read, Delivered uint64
	// Dropped counts, per reason, Events that could not be sent.
	Dropped map[string]uint64
}

// dropMalformed is an Event without what its id is made of.
const dropMalformed = "malformed"

// Stats returns a copy of the counts.
func (s *Source) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Dropped = maps.Clone(out.Dropped)
	return out
}

func (s *Source) count(f func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
}

func (s *Source) drop(reason string) {
	s.count(func(st *Stats) {
		if st.Dropped == nil {
			st.Dropped = map[string]uint64{}
		}
		st.Dropped[reason]++
	})
}

// state is how one stream stands; an outage is said once, and once when it is
// over.
type state struct {
	mu    sync.Mutex
	now   State
	down  time.Time
	tries int
}

func (s *state) get() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// reached: the API server gives a page of a list, which need not be the whole:
// an outage in which it gives the first one alone does not begin anew with each
// try.
func (s *state) reached() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected()
}

func (s *state) connected() {
	if !s.now.Connected {
		s.now.Connected, s.now.Since, s.now.Reason = true, time.Now(), ""
	}
}

// answered: the API server serves this stream.
func (s *state) answered(log *slog.Logger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected()
	if s.tries > 0 {
		log.Info("API server answers again", "tries", s.tries, "after", time.Since(s.down).Round(time.Millisecond).String())
	}
	s.tries = 0
}

// failed: it does not. It returns how many times in a row.
func (s *state) failed(log *slog.Logger, err error) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.Connected || s.now.Since.IsZero() {
		s.now.Since = time.Now()
	}
	s.now.Connected, s.now.Complete, s.now.Reason = false, false, err.Error()
	if s.tries++; s.tries > 1 {
		log.Debug("API server still does not answer", "error", err, "tries", s.tries)
		return s.tries
	}
	s.down = time.Now()
	log.Warn("API server does not answer", "error", err)
	return s.tries
}

func (s *state) complete(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Complete = is
}

package notify

import (
	"log/slog"
	"sync"
	"time"
)

// The states of a link.
const (
	LinkUnknown = "unknown" // nothing was sent yet
	LinkUp      = "up"
	LinkDown    = "down"    // the far side cannot be reached or cannot answer
	LinkRefused = "refused" // the far side refuses this channel; somebody must mend it
)

// link is how the way out stands. One goroutine changes it, others read it.
type link struct {
	mu        sync.Mutex
	state     string
	since     time.Time
	tries     int
	lastError string
	lastSent  time.Time
	nextTry   time.Time
}

// LinkStatus is a link as /status shows it.
type LinkStatus struct {
	State     string    `json:"state"`
	Since     time.Time `json:"since,omitzero"`
	Tries     int       `json:"tries,omitempty"`
	LastError string    `json:"lastError,omitempty"`
	LastSent  time.Time `json:"lastSent,omitzero"`
	NextTry   time.Time `json:"nextTry,omitzero"`
}

// down notes a failed try and says when to try again. It logs once per outage.
func (l *link) down(log *slog.Logger, se *SendError, first, most time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := LinkDown
	if se.Outcome == ChannelRefused {
		state = LinkRefused
	}
	if l.state != state {
		if l.state != LinkDown && l.state != LinkRefused {
			l.since, l.tries = time.Now(), 0
		}
		l.state = state
		if state == LinkRefused {
			log.Error("the channel refuses every message: nothing is sent until it is mended, everything is kept", "error", se.Err)
		} else {
			log.Warn("link is down: everything is kept and told when it returns", "error", se.Err)
		}
	}
	wait := max(backoff(l.tries, first, most), se.RetryAfter)
	l.tries++
	l.lastError = se.Err.Error()
	l.nextTry = time.Now().Add(wait)
	return wait
}

// up notes a delivery.
func (l *link) up(log *slog.Logger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.state == LinkDown || l.state == LinkRefused {
		log.Info("link has returned", "after", now.Sub(l.since).Round(time.Second).String(), "tries", l.tries)
	}
	if l.state != LinkUp {
		l.state, l.since = LinkUp, now
	}
	l.tries, l.lastError, l.nextTry, l.lastSent = 0, "", time.Time{}, now
}

// stuck shows that deliveries cannot be marked.
func (l *link) stuck(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastError = "mark delivery in the ledger: " + err.Error()
}

// wait is how long a backoff still lasts.
func (l *link) wait(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.nextTry.Sub(now), 0)
}

func (l *link) waiting() bool { return l.wait(time.Now()) > 0 }

// works says that nothing is known that would keep a message from passing.
func (l *link) works() bool {
	_, down := l.downSince()
	return !down
}

// downSince is the wall time since when nothing could be sent; false when the
// link is up.
func (l *link) downSince() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.since, l.state == LinkDown || l.state == LinkRefused
}

func (l *link) status() LinkStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := l.state
	if state == "" {
		state = LinkUnknown
	}
	return LinkStatus{State: state, Since: l.since, Tries: l.tries, LastError: l.lastError, LastSent: l.lastSent, NextTry: l.nextTry}
}

package notify

import (
	"log/slog"
	"maps"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

const (
	// sharePoll is how often to look for others' stories while those of a writer
	// over its share wait: what waits is due all the time, so the ledger cannot
	// tell when something else becomes due.
	sharePoll = time.Second
	// shareMost is how long a writer over its share waits at most.
	shareMost = time.Minute
)

// writer is who may write a story's Events: one namespace of a cluster. Who can
// write in it can make up as many stories as it likes.
type writer struct{ cluster, namespace string }

func writerOf(g alert.Group) writer { return writer{g.Newest.Cluster, g.Newest.Writer()} }

// share bounds how many of a route's messages a single writer causes. A writer
// has half a minute's messages at once, and gets a quarter of what the route may
// send. One that has used its messages up is told in one message after each wait,
// and its waits double up to shareMost for as long as it goes on. A message that
// tells of several writers costs each its part.
type share struct {
	burst float64       // messages at once
	every time.Duration // for one more
	of    map[writer]*allowance
	log   *slog.Logger
}

// allowance is what a writer has left.
type allowance struct {
	left float64       // messages
	at   time.Time     // when left was so
	last time.Time     // its last message
	wait time.Duration // after its last message; 0 before it has used its messages up
}

func newShare(perMinute int, log *slog.Logger) *share {
	return &share{
		burst: float64(max(1, perMinute/2)), every: min(shareMost, time.Minute/time.Duration(max(1, perMinute/4))),
		of: map[writer]*allowance{}, log: log,
	}
}

// over says that the writer has to wait.
func (s *share) over(w writer, now time.Time) bool {
	a := s.of[w]
	if a == nil {
		return false
	}
	a.refill(now, s)
	return a.left <= 0
}

// spent says that the writer has used its messages up a while ago: what it has
// to say by now goes out together.
func (s *share) spent(w writer) bool {
	a := s.of[w]
	return a != nil && a.wait > 0
}

// refill gives back what the time has brought. One that has used its messages up
// gets one for each wait, and is as before once it was quiet for twice as long.
func (a *allowance) refill(now time.Time, s *share) {
	switch quiet := now.Sub(a.last); {
	case a.wait == 0:
	case quiet >= 2*a.wait:
		a.wait = 0
	case quiet >= a.wait && a.left <= 0:
		a.left = 1
	}
	if a.wait == 0 {
		a.left = min(s.burst, a.left+float64(now.Sub(a.at))/float64(s.every))
	}
	a.at = now
}

// took notes a message about stories of the writers.
func (s *share) took(writers map[writer]bool, now time.Time) {
	for w := range writers {
		a := s.of[w]
		if a == nil {
			a = &allowance{left: s.burst, at: now}
			s.of[w] = a
		}
		a.refill(now, s)
		a.left, a.last = a.left-1/float64(len(writers)), now
		if a.left > 0 {
			continue
		}
		if a.wait == 0 {
			s.log.Debug("namespace has used up its share of messages: what it says next is told together",
				"cluster", w.cluster, "namespace", w.namespace)
		}
		a.left, a.wait = 0, min(shareMost, max(s.every, 2*a.wait))
	}
	maps.DeleteFunc(s.of, func(_ writer, a *allowance) bool {
		a.refill(now, s)
		return a.left >= s.burst
	})
}

// fair leaves out of groups what a writer over its share has to say, and while
// few of the others' are due, what one has to say that has used its share up.
// spent says that out tells of such a writer, which is in one message; left, that
// something is left out. What an outage has kept back and a digest that can only
// be told story by story are told whole.
func (d *deliverer) fair(groups []alert.Group, members map[alert.Fingerprint][]alert.Group) (out []alert.Group, spent, left bool) {
	if _, offline := d.ledger.Offline(d.Name); offline || d.single {
		return groups, false, false
	}
	now := time.Now()
	var late []alert.Group
	for _, g := range groups {
		w := writerOf(g)
		switch _, many := members[g.Fingerprint]; {
		case many || !d.share.spent(w):
			out = append(out, g)
		case !d.share.over(w, now):
			late = append(late, g)
		}
	}
	if n := len(out); n > 0 && n <= d.threshold {
		return out, false, n < len(groups)
	}
	out = append(out, late...)
	return out, len(late) > 0, len(out) < len(groups)
}

// charge takes a message from the shares of those it tells of. One about the
// trouble of many clusters is nobody's.
func (d *deliverer) charge(out Outgoing, part Part) {
	if out.Ref != "" {
		return // nobody is rung for it
	}
	writers := map[writer]bool{}
	for _, i := range part.Groups {
		if i >= len(out.Groups) {
			continue
		}
		if g := out.Groups[i]; out.Members[g.Fingerprint] == nil {
			writers[writerOf(g)] = true
		}
	}
	d.share.took(writers, time.Now())
}

package ledger

import (
	"slices"

	"github.com/edgebell/edgebell/functions/alert"
)

// next is the group that a route tells next. It is asked for at every wake, on
// every route, so it is kept, and looked for again only after that group was
// told or put off.
type next struct {
	known bool
	at    Time // 0 when nothing waits
	fp    alert.Fingerprint
}

// gone notes that a group is in the index no more.
func (n *next) gone(fp alert.Fingerprint) {
	if n.fp == fp {
		n.known = false
	}
}

// changed notes when a group is due now; 0 when it is not.
func (n *next) changed(fp alert.Fingerprint, at Time) {
	switch {
	case !n.known:
	case at != 0 && (n.at == 0 || at <= n.at):
		n.at, n.fp = at, fp
	case n.at != 0 && n.fp == fp:
		n.known = false
	}
}

// nextOn is what the route of a number tells next. l.mu is held.
func (l *Ledger) nextOn(number int) Time {
	n := &l.next[number]
	if n.known {
		return n.at
	}
	*n = next{known: true}
	for fp, e := range l.index {
		if at := e.dueOn(number); at != 0 && (n.at == 0 || at < n.at) {
			n.at, n.fp = at, fp
		}
	}
	return n.at
}

// NextDue is when the next group of a route is or was due; false when nothing
// waits.
func (l *Ledger) NextDue(route string) (Time, bool) {
	number := slices.Index(l.routes, route)
	if number < 0 {
		return 0, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.nextOn(number)
	return at, at != 0
}

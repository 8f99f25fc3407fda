package ledger

import (
	"slices"
	"time"
)

// sentIndex are the times at which cards were sent on each route, not long
// before the file was opened.
type sentIndex map[string][]Time

// sentWithin is how long before.
const sentWithin = time.Minute

// add takes in a row. Groups that bear the same time were on one card.
func (x sentIndex) add(row *groupRow, now Time) {
	for route, s := range row.Routes {
		if s.Told && now.Sub(s.Sent) < sentWithin && !slices.Contains(x[route], s.Sent) {
			x[route] = append(x[route], s.Sent)
		}
	}
}

// Sent is how long ago cards were sent on a route in the last minute before the
// ledger was opened, the longest first. As its clock stood still while it was
// closed they may be older. Of a group that was told twice the last counts.
func (l *Ledger) Sent(route string) []time.Duration {
	now := l.Now()
	l.mu.Lock()
	times := slices.Sorted(slices.Values(l.sent[route]))
	l.mu.Unlock()
	ago := make([]time.Duration, len(times))
	for i, at := range times {
		ago[i] = now.Sub(at)
	}
	return ago
}

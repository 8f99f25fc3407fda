package ledger

import (
	"sync/atomic"
	"time"
)

// updates are the routes that change their messages in place.
type updates = atomic.Pointer[map[string]time.Duration]

// UpdateEvery names the routes that change their messages in place, and the
// least time between two changes: a group that has a message to change (see
// Mark.Ref) is due after that time instead of its repeat interval, for a change
// does not ring.
func (l *Ledger) UpdateEvery(every map[string]time.Duration) { l.cfg.updates.Store(&every) }

// between is the least time between two tellings of the group on a route.
func (r *groupRow) between(route string, s routeRow, cfg Config) time.Duration {
	if every := cfg.updates.Load(); every != nil && s.Ref != "" && (*every)[route] > 0 {
		return (*every)[route]
	}
	return r.repeat(cfg)
}

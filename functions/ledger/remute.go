package ledger

import (
	"context"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// Remute has what waits for a mute's end wait only as long as left says from now
// on, where that is sooner, and returns how many groups that changed. A mute
// ends by the ledger's clock, which stood still while the ledger was closed; who
// opens it again knows the time and how long it is still muted.
func (l *Ledger) Remute(ctx context.Context, left func(alert.Alert) time.Duration) (int, error) {
	changed := 0 // the writer's, until do returns without an error
	err := l.do(change(ctx, func(t *transaction) error {
		changed = 0
		for _, fp := range t.l.waiting(t.now) {
			row, err := t.row(fp)
			if err != nil {
				return err
			}
			if row == nil || !row.remute(t.now, bounded(left(row.group(t.now).Newest)), t.l.cfg) {
				continue
			}
			t.dirty[fp], t.changed = true, true
			changed++
		}
		return nil
	}))
	if err != nil {
		return 0, err
	}
	return changed, nil
}

// waiting are the groups that are due on some route, but not yet.
func (l *Ledger) waiting(now Time) (keys []alert.Fingerprint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for fp, e := range l.index {
		for _, at := range e.due {
			if at > now {
				keys = append(keys, fp)
				break
			}
		}
	}
	return keys
}

func (r *groupRow) remute(now Time, left time.Duration, cfg Config) (changed bool) {
	for route, s := range r.Routes {
		end := max(now.After(left), 1)
		if s.Due == 0 || s.Hush <= end || !s.held(r.Group.Delivered[route]) {
			continue
		}
		s.Hush = end
		s.Due = min(s.Due, max(r.usual(route, s, now, cfg), end))
		r.Routes[route], changed = s, true
	}
	return changed
}

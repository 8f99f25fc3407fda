package ledger

import (
	"context"
	"slices"

	"github.com/edgebell/edgebell/functions/alert"
)

// Reroute gives groups whose routes are all gone from the configuration to the
// routes that takers names now, as far as they are configured: what those had
// told counts as told, what they had not is told. Without it nobody would tell
// the rest. It returns how many groups were moved.
func (l *Ledger) Reroute(ctx context.Context, takers func(alert.Alert) []string) (moved int, err error) {
	l.mu.Lock()
	keys := l.stranded
	l.mu.Unlock()
	if len(keys) == 0 {
		return 0, nil
	}
	err = l.do(&request{ctx: ctx, parts: len(keys), apply: func(t *transaction, from, to int) error {
		for _, fp := range keys[from:to] {
			row, err := t.row(fp)
			if err != nil {
				return err
			}
			if row == nil || !row.stranded(l.routes) {
				continue
			}
			row.move(t.now, l.routesOf(takers(row.Group.Newest)), l.cfg)
			t.dirty[fp], t.changed = true, true
		}
		return nil
	}})
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	l.stranded = nil
	l.mu.Unlock()
	return len(keys), nil
}

// stranded says that no configured route tells the group.
func (r *groupRow) stranded(routes []string) bool {
	for name := range r.Routes {
		if slices.Contains(routes, name) {
			return false
		}
	}
	return len(r.Routes) > 0
}

// move hands the group on: the new routes go on from where the best of the old
// ones was.
func (r *groupRow) move(now Time, routes []string, cfg Config) {
	var was routeRow
	delivered := int64(-1)
	for name, s := range r.Routes {
		if n := r.Group.Delivered[name]; n > delivered || n == delivered && s.Sent > was.Sent {
			was, delivered = s, n
		}
	}
	was.Ref = "" // a message of another channel's
	clear(r.Routes)
	clear(r.Group.Delivered)
	for _, name := range routes {
		s := was
		if s.Due == 0 && r.Group.Total > delivered && r.Below == nil {
			s.Due = r.usual(name, s, now, cfg)
		}
		r.Routes[name] = s
		if delivered > 0 {
			r.deliver(name, delivered)
		}
	}
}

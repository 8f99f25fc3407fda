package ledger

import (
	"slices"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// routeRow is how a group stands on one route. A group is told on the routes
// for which it has one.
type routeRow struct {
	// Due is when to tell its occurrences; 0 when all are told.
	Due Time `json:"d,omitempty"`
	// Sent is when it was last told; Told says that it was.
	Sent Time `json:"s,omitempty"`
	Told bool `json:"k,omitempty"`
	// Well says that what was told last was that it is over; Mute, that no
	// form of the last card was accepted.
	Well bool `json:"w,omitempty"`
	Mute bool `json:"m,omitempty"`
	// Hush is when the latest mute ends and Loud the group's total with the last
	// occurrence that was not muted; both 0 when none of what is untold was.
	Hush Time  `json:"h,omitempty"`
	Loud int64 `json:"l,omitempty"`
	// Ref and RefAt are Mark.Ref and Mark.SentAt.
	Ref   string    `json:"i,omitempty"`
	RefAt time.Time `json:"a,omitzero"`
}

// held says that all that is untold of a route was muted.
func (s routeRow) held(delivered int64) bool { return s.Hush != 0 && s.Loud <= delivered }

// routesOf are the routes that a report means.
func (l *Ledger) routesOf(names []string) []string {
	if names == nil {
		return l.routes
	}
	var routes []string
	for _, route := range l.routes {
		if slices.Contains(names, route) {
			routes = append(routes, route)
		}
	}
	if len(routes) == 0 {
		return l.routes
	}
	return routes
}

// repeat is the least time between two cards of the group.
func (r *groupRow) repeat(cfg Config) time.Duration {
	if r.Repeat > 0 {
		return r.Repeat
	}
	return cfg.RepeatInterval
}

// count adds n occurrences as the report has them, and sets when each of the
// group's routes tells them.
func (r *groupRow) count(now Time, rep Report, n int64, l *Ledger) {
	r.Repeat = bounded(rep.Repeat)
	opened := r.gate(now, rep.Min, n, l.routes)
	r.relapse(now, r.repeat(l.cfg))
	routes := l.routesOf(rep.Routes)
	r.admit(routes)
	before := r.Group.Total
	r.Group.Add(rep.Alert, n)
	r.Touched = now
	if r.Below != nil {
		return
	}
	for _, route := range l.routes {
		if _, told := r.Routes[route]; !told {
			continue
		}
		if r.Group.Overflow && !opened && !slices.Contains(routes, route) {
			r.skip(route, n)
			continue
		}
		r.ring(route, now, before, bounded(rep.MutedFor), l.cfg)
	}
}

// undelivered is how many occurrences a route has still to tell.
func (r *groupRow) undelivered(route string) int64 {
	if _, told := r.Routes[route]; !told {
		return 0
	}
	return max(r.Group.Undelivered(route), 0)
}

// untold is how many occurrences no route has told.
func (r *groupRow) untold() int64 {
	n := r.Group.Total
	for route := range r.Routes {
		n = min(n, r.Group.Undelivered(route))
	}
	return max(n, 0)
}

// admit makes the group one of those that the routes tell. One that comes later
// tells it whole, but of many stories in one row only those of its own.
func (r *groupRow) admit(routes []string) {
	if r.Routes == nil {
		r.Routes = make(map[string]routeRow, len(routes))
	}
	for _, route := range routes {
		if _, told := r.Routes[route]; told {
			continue
		}
		r.Routes[route] = routeRow{}
		if r.Group.Overflow && r.Group.Total > 0 {
			r.deliver(route, r.Group.Total)
		}
	}
}

// deliver counts a total as told on a route.
func (r *groupRow) deliver(route string, total int64) {
	if r.Group.Delivered == nil {
		r.Group.Delivered = map[string]int64{}
	}
	r.Group.Delivered[route] = max(total, r.Group.Delivered[route])
}

// skip leaves n occurrences, which the total has, out of what a route tells.
func (r *groupRow) skip(route string, n int64) {
	r.deliver(route, r.Group.Delivered[route]+n)
	if s := r.Routes[route]; s.Hush != 0 {
		s.Loud += n
		r.Routes[route] = s
	}
}

// usual is when a route tells what comes now: at first after wait, then no
// sooner than repeat after the last card. Where the last card said that it is
// over it counts as first again, so that no reader is left with that.
func (r *groupRow) usual(route string, s routeRow, now Time, cfg Config) Time {
	due := max(now.After(cfg.GroupWait), 1)
	if s.Told && !s.Well {
		due = max(due, s.Sent.After(r.between(route, s, cfg)))
	}
	return due
}

// ring sets when a route tells the occurrences past before. Of those that are
// muted the latest says until when; what was to be told sooner stays so.
func (r *groupRow) ring(route string, now Time, before int64, muted time.Duration, cfg Config) {
	delivered := r.Group.Delivered[route]
	if r.Group.Total <= delivered {
		return
	}
	s := r.Routes[route]
	due := r.usual(route, s, now, cfg)
	switch {
	case muted == 0:
		if s.Due == 0 || due < s.Due {
			s.Due = due
		}
		if s.Hush != 0 {
			s.Loud = r.Group.Total
		}
	default:
		if s.Hush == 0 {
			s.Loud = delivered
			if s.Due != 0 {
				s.Loud = before
			}
		}
		s.Hush = now.After(muted)
		if s.Due == 0 || s.held(delivered) {
			s.Due = max(due, s.Hush)
		}
	}
	r.Routes[route] = s
}

// told notes what a card told on a route. What came while it was on its way is
// told when it is time for the next.
func (r *groupRow) told(route string, now Time, m Mark, parked bool, cfg Config) {
	// No more than there is: the row may have begun anew meanwhile.
	r.deliver(route, min(m.Total, r.Group.Total))
	if r.Routes == nil {
		r.Routes = map[string]routeRow{}
	}
	was := r.Routes[route]
	s := routeRow{Sent: now, Told: true, Well: m.Recovered, Mute: parked, Ref: was.Ref, RefAt: was.RefAt}
	if was.Well {
		s.Ref, s.RefAt = "", time.Time{}
	}
	if m.Ref != "" && m.Ref != s.Ref && len(m.Ref) <= MaxRefBytes {
		s.Ref, s.RefAt = m.Ref, storable(m.SentAt)
	}
	if delivered := r.Group.Delivered[route]; r.Group.Total > delivered && r.Below == nil {
		s.Due = r.usual(route, s, now, cfg)
		if was.Hush != 0 {
			s.Hush, s.Loud = was.Hush, was.Loud
			if s.held(delivered) {
				s.Due = max(s.Due, s.Hush)
			}
		}
	}
	r.Routes[route] = s
}

// refs are the messages that can be changed in place. One that said that the
// trouble is over is left at that: new trouble must ring.
func (r *groupRow) refs() map[string]alert.Ref {
	var refs map[string]alert.Ref
	for route, s := range r.Routes {
		if s.Ref == "" || s.Well {
			continue
		}
		if refs == nil {
			refs = make(map[string]alert.Ref, 1)
		}
		refs[route] = alert.Ref{ID: s.Ref, SentAt: s.RefAt}
	}
	return refs
}

// forgetRefs makes room; false when there are none.
func (r *groupRow) forgetRefs() (had bool) {
	for route, s := range r.Routes {
		if s.Ref != "" {
			s.Ref, s.RefAt, had = "", time.Time{}, true
			r.Routes[route] = s
		}
	}
	return had
}

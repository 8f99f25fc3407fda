package ledger

import "github.com/edgebell/edgebell/functions/alert"

// gate counts n occurrences of a group that is not to be told before it
// happened often enough, and says whether this ends now. It begins with the
// group, and again once all who were told the trouble were told that it is
// over. An occurrence of which nothing is asked ends it.
func (r *groupRow) gate(now Time, min alert.MinCount, n int64, routes []string) (opened bool) {
	if r.Below == nil {
		if !asks(min) || r.Group.Total > 0 && !(r.over(now) && r.closed(routes)) {
			return false
		}
		r.Below = &window{}
	}
	if !asks(min) || r.Below.add(now, min, n) {
		r.Below = nil
		return true
	}
	return false
}

// closed says that nothing is left to tell of the group, nor that it is over.
func (r *groupRow) closed(routes []string) bool {
	for _, route := range routes {
		if s := r.Routes[route]; s.Due != 0 || s.Told && !s.Well && !s.Mute {
			return false
		}
	}
	return true
}

// lapsed says that what came of the group was too little, and is too long ago.
func (r *groupRow) lapsed(now Time) bool { return r.Below != nil && r.Below.ends() <= now }

// beginAnew forgets the story, but not its place.
func (r *groupRow) beginAnew(a alert.Alert) {
	g := alert.NewGroup(a)
	g.Fingerprint, g.Folded, g.Overflow = r.Group.Fingerprint, r.Group.Folded, r.Group.Overflow
	*r = groupRow{Group: g, Namespace: r.Namespace, size: r.size}
}

// forget removes a row that is on disk. What did not happen often enough to be
// told is counted.
func (t *transaction) forget(fp alert.Fingerprint) error {
	if t.l.index[fp].ends != 0 && !t.gone[fp] {
		row, err := t.row(fp)
		if err != nil || row == nil {
			return err
		}
		if row.Below != nil {
			t.state.counts.BelowMin += row.untold()
		}
	}
	return t.remove(fp)
}

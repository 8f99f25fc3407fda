package ledger

import (
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

const (
	// healsFor is how long good news are remembered at least, unless there are
	// many: a list of Events is in the order of their names, and good news may
	// come requests before the older trouble that they end.
	healsFor = 10 * time.Minute
	// maxHeals is how many objects' are remembered at least, and half of how
	// many at most.
	maxHeals = 4096
	// healsEach bounds those of one object, which have different reasons.
	healsEach = 8
)

// goodNews are the good news that came lately. They are in memory alone: what is
// forgotten costs a story its end, not its trouble.
type goodNews struct {
	young, old map[uint64][]good
	since      Time // young
}

type good struct {
	reason   string
	revision uint64
	at       time.Time
	ends     alert.Healing
	node     uint64
}

// age forgets what is old.
func (h *goodNews) age(now Time) {
	if len(h.young) < maxHeals && now.Sub(h.since) < healsFor {
		return
	}
	h.old, h.young, h.since = h.young, nil, now
}

// note remembers good news of an object.
func (h *goodNews) note(now Time, a alert.Alert, ends alert.Healing) {
	if h.age(now); a.Revision == 0 || a.Last.IsZero() {
		return
	}
	if h.young == nil {
		h.young = map[uint64][]good{}
	}
	key, news := objectKey(a, a.Name), good{a.Reason, a.Revision, a.Last, ends, nodeKey(a)}
	for i, have := range h.young[key] {
		if have.reason == a.Reason {
			if a.Revision > have.revision {
				h.young[key][i] = news
			}
			return
		}
	}
	if len(h.young[key]) < healsEach {
		h.young[key] = append(h.young[key], news)
	}
}

// after is the latest good news of what a tells that are younger than a, and how
// long it must stay quiet; false when there are none. Clocks alone do not say
// which is younger: in a list the trouble stands behind, but bears the lower
// revision, and while a watch goes on none does.
func (h *goodNews) after(now Time, a alert.Alert) (at time.Time, hold time.Duration, ok bool) {
	h.age(now)
	key := objectKey(a, a.Name)
	for _, all := range []map[uint64][]good{h.young, h.old} {
		for _, g := range all[key] {
			if d, ends := g.ends[a.Reason]; ends && g.revision > a.Revision && g.at.After(a.Last) && g.at.After(at) {
				at, hold, ok = g.at, d, true
			}
		}
	}
	return at, hold, ok && !a.Last.IsZero() && a.Revision != 0
}

// doubt forgets what was said of a node's objects before it went silent.
func (h *goodNews) doubt(node uint64, at time.Time) {
	for _, all := range []map[uint64][]good{h.young, h.old} {
		for _, news := range all {
			for i := range news {
				if news[i].node == node && !news[i].at.After(at) {
					news[i].ends = nil
				}
			}
		}
	}
}

// healed applies to new trouble the good news that came before it but are
// younger.
func (t *transaction) healed(row *groupRow, a alert.Alert) {
	if row.Group.Overflow {
		return
	}
	at, hold, ok := t.l.heals.after(t.now, a)
	if ok && row.Group.HealLate(a.Name, at) {
		row.hold(t.now, hold, row.repeat(t.l.cfg))
	}
}

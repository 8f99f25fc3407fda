package ledger

import (
	"bytes"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// limits are the bounds that follow from the file's size.
type limits struct {
	groups       int // rows of bucketGroups, overflow rows not counted
	perNamespace int // of these, how many one namespace may hold when it is crowded
	overflows    int // overflow rows, not counting the last two kinds
	groupBytes   int // beyond which rows stay short
	seen         int // rows of bucketSeen
	sources      int // rows of bucketSources
	marks        int // pages that only marks may use
}

// limitsOf plans for pages that are two thirds full: a quarter of the file in
// rows of groups, and the seen table at 60 bytes a row, leave the tenth free
// that is kept for marks, so that "delivered" can be written on a full ledger.
// These bounds keep what is usual well inside; transaction.tight holds the
// tenth free whatever comes.
func limitsOf(size int64) limits {
	groups := int(size / (16 << 10))
	return limits{
		groups:       groups,
		perNamespace: max(groups/4, 1),
		overflows:    groups / 8,
		groupBytes:   int(size / 4),
		seen:         int(size / 256),
		sources:      int(size / (16 << 10)),
		marks:        int(size / pageSize / 10),
	}
}

// slackPages is what bbolt keeps from a file of Options.MaxSize.
const slackPages = 2

// freePages is how many pages a transaction may take: those behind the last
// one used, those on the free list, and those that the last commit gave up
// unless an open reader may still need them.
func (l *Ledger) freePages(tx *bolt.Tx, reading bool) int {
	stats := l.db.Stats()
	free := int((l.size-tx.Size())/pageSize) - slackPages + stats.FreePageN
	if !reading {
		free += stats.PendingPageN
	}
	return max(free, 0)
}

// place finds the row that a belongs to: its own, or, when there is no room
// for one, the overflow row of its namespace, or at last the one of its
// cluster. So a flood of distinct stories becomes one line. A namespace that
// holds little still finds room: the one that holds the most makes it.
func (t *transaction) place(a alert.Alert) (*groupRow, error) {
	if row, err := t.row(a.Fingerprint()); row != nil || err != nil {
		return row, err
	}
	ns := groupNS(a)
	if !t.room(ns) {
		whose := &ns
		if t.tight || t.groups() >= t.l.limits.groups {
			whose = nil
		}
		if err := t.forgetQuiet(whose); err != nil {
			return nil, err
		}
	}
	if t.room(ns) {
		return t.add(a, false), nil
	}
	if ok, err := t.coalesceFor(ns); ok || err != nil {
		return t.add(a, false), err
	}
	t.state.counts.Coalesced++
	return t.overflow(a)
}

// coalesceFor makes room for a story of ns: of the namespace that holds the
// most, the story that came last joins the overflow row, with what it has still
// to tell. False when ns holds about as much as any.
func (t *transaction) coalesceFor(ns nsKey) (bool, error) {
	count := func(ns nsKey) int { return t.l.have.perNS[ns] + t.more.perNS[ns] }
	var largest nsKey
	for other := range t.l.have.perNS {
		if n, most := count(other), count(largest); n > most || n == most && bytes.Compare(other[:], largest[:]) < 0 {
			largest = other
		}
	}
	if count(largest) <= max(count(ns)+1, t.l.limits.perNamespace/2) {
		return false, nil
	}
	var last alert.Fingerprint
	at, found := Time(0), false
	for fp, e := range t.l.index {
		if _, loaded := t.rows[fp]; loaded || t.gone[fp] || e.overflow || e.namespace != largest {
			continue
		}
		if !found || e.touched > at {
			last, at, found = fp, e.touched, true
		}
	}
	if !found {
		return false, nil
	}
	row, err := t.row(last)
	if err != nil || row == nil {
		return row == nil, err
	}
	t.state.counts.Coalesced++
	into, err := t.overflow(row.Group.Newest)
	if err != nil {
		return false, err
	}
	t.join(into, row)
	return true, t.remove(last)
}

// join tells the group of into what each route has still to tell of row.
func (t *transaction) join(into, row *groupRow) {
	if row.Below != nil {
		t.state.counts.BelowMin += row.untold()
		return
	}
	var untold int64
	var routes []string
	for _, route := range t.l.routes {
		if n := row.undelivered(route); n > 0 {
			untold, routes = max(untold, n), append(routes, route)
		}
	}
	if untold <= 0 {
		return
	}
	into.admit(routes)
	for route := range into.Routes {
		if told := untold - row.undelivered(route); told > 0 {
			into.skip(route, told)
		}
	}
	before := into.Group.Total
	into.Group.Add(row.Group.Newest, untold)
	if first := row.Group.First; !first.IsZero() && first.Before(into.Group.First) {
		into.Group.First = first
	}
	into.Touched = t.now
	if into.Below != nil {
		into.Below, routes = nil, t.l.routes // what it held back is told, too
	}
	for _, route := range routes {
		if _, told := into.Routes[route]; !told {
			continue
		}
		var muted time.Duration
		if s := row.Routes[route]; s.held(row.Group.Delivered[route]) {
			muted = max(s.Hush.Sub(t.now), 0)
		}
		into.ring(route, t.now, before, muted, t.l.cfg)
	}
	t.dirty[into.Group.Fingerprint] = true
}

func (t *transaction) groups() int { return t.l.have.groups + t.more.groups }

// room says whether a namespace may have one more group. Where it is getting
// crowded, those that hold much wait for those that hold little.
func (t *transaction) room(ns nsKey) bool {
	n, lim := t.groups(), t.l.limits
	switch {
	case t.tight || n >= lim.groups:
		return false
	case n >= lim.groups*3/4:
		return t.l.have.perNS[ns]+t.more.perNS[ns] < lim.perNamespace
	}
	return true
}

// overflow coalesces a into the row of its namespace, of its cluster, or, as
// even clusters may be invented, of them all.
func (t *transaction) overflow(a alert.Alert) (*groupRow, error) {
	a = a.Overflow()
	namespace, cluster, all := a, a, a
	cluster.Namespace, cluster.Type = "*", "Warning"
	all.Cluster, all.Namespace, all.Type = "*", "*", "Warning"
	rooms := []struct {
		as   alert.Alert
		most int
	}{
		{namespace, t.l.limits.overflows},
		{cluster, t.l.limits.overflows + max(t.l.limits.overflows/8, 1)},
	}
	for _, r := range rooms {
		if row, err := t.row(r.as.Fingerprint()); row != nil || err != nil {
			return row, err
		}
		if n := t.l.have.overflows + t.more.overflows; n < r.most && !t.tight {
			return t.add(r.as, true), nil
		}
	}
	if row, err := t.row(all.Fingerprint()); row != nil || err != nil {
		return row, err
	}
	return t.add(all, true), nil
}

// forgetQuiet removes the row that was touched longest ago among those with
// nothing left to tell, of one namespace or of all.
func (t *transaction) forgetQuiet(ns *nsKey) error {
	var oldest alert.Fingerprint
	var at Time
	found := false
	for fp, e := range t.l.index {
		if _, loaded := t.rows[fp]; loaded || len(e.due) > 0 || t.gone[fp] || (ns != nil && (e.namespace != *ns || e.overflow)) {
			continue
		}
		if !found || e.touched < at {
			oldest, at, found = fp, e.touched, true
		}
	}
	if !found {
		return nil
	}
	return t.forget(oldest)
}

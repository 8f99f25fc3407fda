package ledger

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// Report is what one Event says: trouble to count, good news, or both. What
// stands below Heals is about the trouble; good news go to whoever was told the
// trouble.
type Report struct {
	Alert alert.Alert
	Rings bool // it is counted as trouble
	Heals alert.Healing

	// Routes are those on which the trouble is told; nil means all that are
	// configured. A name that is not configured is ignored; a list without any
	// that is can only be a mistake and means all, too. A group is told on every
	// route of any of its occurrences; one that comes later tells it whole.
	Routes []string
	// MutedFor keeps the trouble but does not let it make its group due before
	// that much time has passed by the ledger's clock. It takes back nothing that
	// an occurrence made due which was not muted, and ends with the next such.
	MutedFor time.Duration
	// Min keeps the group back until so many occurrences came within a time.
	Min alert.MinCount
	// Repeat is the least time between two cards of the group; 0 means
	// Config.RepeatInterval. The latest report decides.
	Repeat time.Duration
}

// Trouble says that the Alert rings and is no good news.
func Trouble(a alert.Alert) Report { return Report{Alert: a, Rings: true} }

// Take counts the trouble and notes the good news among the reports, and
// returns once that is on disk; where nothing changes, nothing is written. On
// an error the caller's sender shall repeat them all: what was taken is
// recognised. Requests that wait at the same time share one commit.
func (l *Ledger) Take(ctx context.Context, reports []Report) error {
	steps := stepsOf(reports)
	if len(steps) == 0 {
		return nil
	}
	return l.do(&request{
		ctx: ctx, parts: len(steps),
		apply: func(t *transaction, from, to int) error {
			for _, s := range steps[from:to] {
				if err := s.do(t); err != nil {
					return err
				}
			}
			return nil
		},
		lost: func(t *transaction, i int) {
			if steps[i].what == counts {
				t.drop(DroppedNoRoom, max(steps[i].Alert.Count, 1))
			}
		},
	})
}

// step is one thing to do about a report.
type step struct {
	Report
	what int
}

// The order of steps: a list of Events is sorted by name, so good news may
// stand before what they are about. What bears the same second happened in the
// order in which it stands.
const (
	counts = iota
	heals
	doubts
)

func stepsOf(reports []Report) []step {
	steps := make([]step, 0, len(reports))
	for _, r := range reports {
		if r.Rings {
			steps = append(steps, step{r, counts})
		}
	}
	for i, r := range reports {
		if r.Heals != nil && !slices.ContainsFunc(reports[i+1:], r.contradictedBy) {
			steps = append(steps, step{r, heals})
		}
	}
	for _, r := range reports {
		if r.Alert.NodeDown() {
			steps = append(steps, step{r, doubts})
		}
	}
	return steps
}

// contradictedBy says that other is trouble with the same object at the same
// time, by who may speak for it.
func (r Report) contradictedBy(other Report) bool {
	a, b := &r.Alert, &other.Alert
	return other.Rings && !b.Foreign() && a.Last.Equal(b.Last) && a.Name == b.Name && a.Kind == b.Kind && a.Namespace == b.Namespace && a.Cluster == b.Cluster
}

func (s step) do(t *transaction) error {
	a := &s.Alert // s is a copy
	a.First, a.Last = storable(a.First), storable(a.Last)
	switch s.what {
	case heals:
		return t.heal(*a, s.Heals)
	case doubts:
		return t.doubt(*a)
	}
	return t.put(s.Report)
}

// heal notes good news of an object in the groups that are about it.
func (t *transaction) heal(a alert.Alert, h alert.Healing) error {
	t.l.heals.note(t.now, a, h)
	key := objectKey(a, a.FoldedName())
	for _, fp := range append(slices.Clone(t.l.objects[key]), t.objects[key]...) {
		row, err := t.row(fp)
		if err != nil {
			return err
		}
		if row == nil || row.over(t.now) || !isAbout(row, a) {
			continue
		}
		hold, ok := h[row.Group.Newest.Reason]
		if !ok || !row.Group.Heal(a.Name, a.Last) {
			continue
		}
		row.hold(t.now, hold, row.repeat(t.l.cfg))
		t.dirty[fp], t.changed = true, true
	}
	return nil
}

// isAbout looks closer: keys are hashes.
func isAbout(row *groupRow, a alert.Alert) bool {
	n := row.Group.Newest
	return n.Cluster == a.Cluster && n.Namespace == a.Namespace && n.Kind == a.Kind
}

// doubt takes back good news of what runs on a node that went silent: that no
// trouble followed says nothing any more.
func (t *transaction) doubt(node alert.Alert) error {
	node.Node = node.Name
	key := nodeKey(node)
	t.l.heals.doubt(key, node.Last)
	var keys []alert.Fingerprint
	for fp, e := range t.l.index {
		if e.node == key && e.marked && t.rows[fp] == nil && !t.gone[fp] {
			keys = append(keys, fp)
		}
	}
	for fp, row := range t.rows {
		if nodeKey(row.Group.Newest) == key {
			keys = append(keys, fp)
		}
	}
	for _, fp := range keys {
		row, err := t.row(fp)
		if err != nil {
			return err
		}
		if row == nil || row.over(t.now) || row.Group.Newest.Kind == "Node" || !row.Group.Doubt(node.Last) {
			continue
		}
		row.HealAt = 0
		t.dirty[fp], t.changed = true, true
	}
	return nil
}

// hold begins or goes on with the time that must stay quiet. A group that was
// over and had trouble again soon must stay quiet for its repeat interval, so that
// one that comes and goes does not ring each time.
func (r *groupRow) hold(now Time, hold, repeat time.Duration) {
	if r.Flaps {
		hold = max(hold, repeat)
	}
	r.Hold = max(r.Hold, now.After(hold), 1)
	r.HealAt = 0
	if r.Group.AllWell() {
		r.HealAt = r.Hold
	}
}

// relapse is what new trouble does to good news.
func (r *groupRow) relapse(now Time, repeat time.Duration) {
	if r.over(now) {
		r.Flaps = now < r.HealAt.After(repeat)
	}
	r.HealAt = 0
}

// over says that all objects are well and stayed so for long enough.
func (r *groupRow) over(now Time) bool { return r.HealAt != 0 && r.HealAt <= now }

// group is the group as it stands now. That a hold ends is not written: it
// follows from the clock.
func (r *groupRow) group(now Time) alert.Group {
	g := r.Group
	g.Refs, g.Routes = r.refs(), slices.Sorted(maps.Keys(r.Routes))
	if r.over(now) {
		g.State = alert.Recovered
	}
	return g
}

// dueAt is when to tell a route of the row; 0 when there is nothing to tell.
// The end is told to those who were told the trouble, and before a repetition
// unless that is muted.
func (r *groupRow) dueAt(route string) Time {
	s := r.Routes[route]
	if r.HealAt == 0 || !s.Told || s.Well || s.Mute || s.held(r.Group.Delivered[route]) {
		return s.Due
	}
	if s.Due == 0 {
		return r.HealAt
	}
	return min(s.Due, r.HealAt)
}

// Nodes reads the groups that tell of nodes that are, or were lately, not ready.
func (l *Ledger) Nodes() ([]alert.Group, error) {
	var keys []alert.Fingerprint
	now := l.Now()
	l.mu.Lock()
	for fp, e := range l.index {
		if e.down && (len(e.due) > 0 || now.Sub(e.touched) <= l.keep(e)) {
			keys = append(keys, fp)
		}
	}
	l.mu.Unlock()
	return l.read(keys)
}

package alert

import "time"

// NewGroup begins the story of a.
func NewGroup(a Alert) Group {
	g := Group{Fingerprint: a.Fingerprint(), Folded: a.FoldedName(), State: Firing}
	if a.Kind == overflow {
		g.Overflow, g.Newest = true, Alert{Cluster: a.Cluster, Namespace: a.Namespace, Kind: overflow}
	}
	return g
}

// Add tells the group of n further occurrences, with a as their latest report.
func (g *Group) Add(a Alert, n int64) {
	g.Total += n
	g.State = Firing
	if first := a.First; !first.IsZero() && (g.First.IsZero() || first.Before(g.First)) {
		g.First = first
	}
	if a.Last.After(g.Last) {
		g.Last = a.Last
	}
	// A late copy of an old Event must not become the newest.
	if g.Newest.Kind == "" || !a.Last.Before(g.Newest.Last) {
		g.Newest = g.as(a)
	}
	g.touch(Object{Name: a.Name, Count: n, Last: a.Last})
}

// touch lists the object, most recent last; the one least recently touched
// makes room and is counted.
func (g *Group) touch(o Object) {
	for i, have := range g.Objects {
		if have.Name != o.Name {
			continue
		}
		o.Count, o.Healed = o.Count+have.Count, have.Healed
		if have.Last.After(o.Last) {
			o.Last = have.Last
		}
		g.Objects = append(append(g.Objects[:i:i], g.Objects[i+1:]...), o)
		return
	}
	if len(g.Objects) >= MaxObjects {
		g.Objects = append([]Object(nil), g.Objects[1:]...)
		g.MoreObjects++
	}
	g.Objects = append(g.Objects, o)
}

// Heal tells the group of good news of one of its objects; false when they
// change nothing: news that are older than the trouble, and news that were told
// before (a list of Events sends them again) say nothing about what happened
// since.
func (g *Group) Heal(name string, at time.Time) bool {
	for i := range g.Objects {
		o := &g.Objects[i]
		if o.Name != name {
			continue
		}
		if o.Last.IsZero() || at.Before(o.Last) || !at.After(o.Healed) {
			return false
		}
		o.Healed, o.Well = at, true
		return true
	}
	return false
}

// HealLate is Heal for good news that came before the trouble and are younger:
// trouble told late does not take them back.
func (g *Group) HealLate(name string, at time.Time) bool {
	for i := range g.Objects {
		o := &g.Objects[i]
		if o.Name != name {
			continue
		}
		if o.Last.IsZero() || !at.After(o.Last) || at.Before(o.Healed) {
			return false
		}
		o.Healed, o.Well = at, true
		return true
	}
	return false
}

// Doubt takes back the good news that are not younger than at; false when there
// are none.
func (g *Group) Doubt(at time.Time) bool {
	changed := false
	for i := range g.Objects {
		if o := &g.Objects[i]; o.Well && !o.Healed.After(at) {
			o.Well, changed = false, true
		}
	}
	return changed
}

// AllWell says that every object is known and well. A Pod that was replaced
// never tells that it is, so its group never claims to be over.
func (g *Group) AllWell() bool {
	if g.Overflow || g.MoreObjects > 0 || len(g.Objects) == 0 {
		return false
	}
	for _, o := range g.Objects {
		if !o.Well {
			return false
		}
	}
	return true
}

// Healed is the time of the latest good news; zero when there were none.
func (g *Group) Healed() (at time.Time) {
	for _, o := range g.Objects {
		if o.Well && o.Healed.After(at) {
			at = o.Healed
		}
	}
	return at
}

// overflow stands for kind, name and reason of an Alert of many stories.
const overflow = "*"

// Overflow is a as one of many stories of its writer's namespace that found no
// room of their own.
func (a Alert) Overflow() Alert {
	a.Namespace, a.EventNamespace = a.Writer(), ""
	a.Kind, a.Name, a.Reason, a.Component, a.Node = overflow, overflow, overflow, "", ""
	return a
}

// as is a as the group shows it. Of many stories none stands for the others.
func (g *Group) as(a Alert) Alert {
	if !g.Overflow || g.Newest.Kind != overflow {
		return a
	}
	a = a.Overflow()
	a.Cluster, a.Namespace = g.Newest.Cluster, g.Newest.Namespace
	return a
}

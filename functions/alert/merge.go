package alert

// NewGroup begins the story of a.
func NewGroup(a Alert) Group {
	return Group{Fingerprint: a.Fingerprint(), Folded: a.FoldedName(), State: Firing}
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
		g.Newest = a
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
		o.Count += have.Count
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

// Overflow is a as one of many stories of its namespace that found no room of
// their own.
func (a Alert) Overflow() Alert {
	a.Kind, a.Name, a.Reason, a.Component, a.Node = "*", "*", "*", "", ""
	return a
}

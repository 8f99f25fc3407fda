package notify

import (
	"cmp"
	"maps"
	"slices"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// trouble is what stories of several clusters have in common when they are one.
type trouble struct {
	kind, typ, reason, component string
	state                        alert.State
}

// fleet puts together what many clusters have at once: from FLEET_DIGEST
// clusters on, their stories are told as one. members are the stories behind
// each that stands for several, whose fingerprint is that of the one with the
// newest Event. Groups keep the place of their first.
func (d *deliverer) fleet(groups []alert.Group) (out []alert.Group, members map[alert.Fingerprint][]alert.Group) {
	if _, ok := d.Channel.(Unfolded); ok || d.apart || d.fleetFrom < 2 || len(groups) < d.fleetFrom {
		return groups, nil
	}
	alike := map[trouble][]alert.Group{}
	for _, g := range groups {
		if t, ok := troubleOf(g); ok {
			alike[t] = append(alike[t], g)
		}
	}
	maps.DeleteFunc(alike, func(_ trouble, same []alert.Group) bool { return clustersOf(same) < d.fleetFrom })
	listed := map[trouble]bool{}
	for _, g := range groups {
		t, ok := troubleOf(g)
		same := alike[t]
		if !ok || same == nil {
			out = append(out, g)
			continue
		}
		if listed[t] {
			continue
		}
		listed[t] = true
		whole := together(same, d.Name)
		if members == nil {
			members = map[alert.Fingerprint][]alert.Group{}
		}
		members[whole.Fingerprint] = same
		out = append(out, whole)
	}
	return out, members
}

// along adds to what is due the same trouble of further clusters, where it is so
// new that its GROUP_WAIT lasts still: the wait of the first is that of all. Else
// what a thousand clusters have within a second would be told as each one's own
// wait ends.
func (d *deliverer) along(f folding) ([]alert.Group, error) {
	if _, ok := d.Channel.(Unfolded); ok || d.apart || d.fleetFrom < 2 || len(f.groups) == 0 {
		return f.groups, nil
	}
	if waiting, due := d.ledger.Backlog(d.Name); waiting == due {
		return f.groups, nil
	}
	soon, err := d.ledger.DueWithin(d.Name, d.ledger.GroupWait())
	if err != nil {
		return nil, err
	}
	soon, _ = d.loud(soon)
	listed, begun := f.listed(), map[trouble]map[string]bool{} // clusters
	for _, g := range f.groups {
		if t, ok := d.begins(g); ok {
			if begun[t] == nil {
				begun[t] = map[string]bool{}
			}
			begun[t][g.Newest.Cluster] = true
		}
	}
	var more []alert.Group
	for _, g := range soon {
		if t, ok := d.begins(g); ok && begun[t] != nil && !listed[g.Fingerprint] {
			begun[t][g.Newest.Cluster] = true
			more = append(more, g)
		}
	}
	out := f.groups[:len(f.groups):len(f.groups)]
	for _, g := range more {
		if t, _ := troubleOf(g); len(begun[t]) >= d.fleetFrom {
			out = append(out, g)
		}
	}
	return out, nil
}

// begins is the trouble of a story that goes on and has news.
func (d *deliverer) begins(g alert.Group) (trouble, bool) {
	t, ok := troubleOf(g)
	return t, ok && g.State == alert.Firing && g.Undelivered(d.Name) > 0
}

// listed are the stories that are told, in whatever place.
func (f folding) listed() map[alert.Fingerprint]bool {
	out := map[alert.Fingerprint]bool{}
	for _, g := range f.groups {
		out[g.Fingerprint] = true
	}
	for _, under := range f.under {
		for _, g := range under {
			out[g.Fingerprint] = true
		}
	}
	return out
}

// troubleOf leaves out what stands for many stories already, and what is said
// by who has no say over the object.
func troubleOf(g alert.Group) (trouble, bool) {
	a := g.Newest
	if g.Overflow || a.Foreign() {
		return trouble{}, false
	}
	return trouble{a.Kind, a.Type, a.Reason, a.Component, g.State}, true
}

func clustersOf(groups []alert.Group) int {
	names := map[string]bool{}
	for _, g := range groups {
		names[g.Newest.Cluster] = true
	}
	return len(names)
}

// together is one story that stands for those of several clusters: their
// occurrences added up, the clusters as its objects.
func together(groups []alert.Group, route string) alert.Group {
	newest := slices.MaxFunc(groups, func(a, b alert.Group) int { return cmp.Or(a.Last.Compare(b.Last), cmp.Compare(a.Total, b.Total)) })
	out := alert.Group{
		Fingerprint: newest.Fingerprint, Newest: newest.Newest, Folded: newest.Folded, State: newest.State,
		Clusters: clustersOf(groups), Delivered: map[string]int64{},
	}
	perCluster := map[string]*alert.Object{}
	for _, g := range groups {
		out.Total += g.Total
		out.Delivered[route] += g.Delivered[route]
		if out.First.IsZero() || !g.First.IsZero() && g.First.Before(out.First) {
			out.First = g.First
		}
		if g.Last.After(out.Last) {
			out.Last = g.Last
		}
		o := perCluster[g.Newest.Cluster]
		if o == nil {
			o = &alert.Object{Name: g.Newest.Cluster, Well: g.State == alert.Recovered, Healed: g.Healed()}
			perCluster[g.Newest.Cluster] = o
		}
		o.Count += g.Total
		if g.Last.After(o.Last) {
			o.Last = g.Last
		}
		common(&out, g)
	}
	list(&out, perCluster)
	return out
}

// common keeps of where it is only what is the same everywhere.
func common(out *alert.Group, g alert.Group) {
	a, b := &out.Newest, g.Newest
	if a.Node != b.Node {
		a.Node = ""
	}
	if a.Namespace != b.Namespace {
		a.Namespace, a.EventNamespace = "*", "*" // each was written where it is
	}
	if out.Folded != g.Folded {
		out.Folded = "*"
	}
}

// list takes in the clusters as objects, the busiest last, as far as there is
// room.
func list(out *alert.Group, perCluster map[string]*alert.Object) {
	for _, o := range perCluster {
		out.Objects = append(out.Objects, *o)
	}
	slices.SortFunc(out.Objects, func(a, b alert.Object) int { return cmp.Or(cmp.Compare(a.Count, b.Count), cmp.Compare(b.Name, a.Name)) })
	for len(out.Objects) > alert.MaxObjects {
		out.MoreObjects += out.Objects[0].Count
		out.Objects = out.Objects[1:]
	}
}

// marksOf are the marks of the groups that a part tells, those behind one that
// stands for several in its place.
func marksOf(o Outgoing, indices []int) []ledger.Mark {
	marks := make([]ledger.Mark, 0, len(indices))
	for _, i := range indices {
		if i >= len(o.Groups) {
			continue
		}
		same, ok := o.Members[o.Groups[i].Fingerprint]
		if !ok {
			same = o.Groups[i : i+1]
		}
		for _, g := range same {
			marks = append(marks, ledger.MarkOf(g))
		}
	}
	return marks
}

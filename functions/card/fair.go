package card

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/edgebell/edgebell/functions/alert"
)

// fairly is the order in which many groups are named, as indices, where the
// first of each of the steps are seen better than the rest. Places are given
// out in turns, to each writer's namespace its gravest group first, so that a
// flood of grave stories leaves room for what others have to say. Between two
// steps the gravest is first.
func fairly(groups []alert.Group, route string, steps ...int) []int {
	order := gravest(groups, route)
	if len(steps) == 0 || len(order) <= steps[0] {
		return order
	}
	type place struct{ turn, grave int }
	places, turns := make([]place, len(groups)), map[[2]string]int{}
	for grave, i := range order {
		whose := writerOf(groups[i])
		places[i] = place{turns[whose], grave}
		turns[whose]++
	}
	byTurn := func(i, j int) int {
		return cmp.Or(cmp.Compare(places[i].turn, places[j].turn), cmp.Compare(places[i].grave, places[j].grave))
	}
	byGravity := func(i, j int) int { return cmp.Compare(places[i].grave, places[j].grave) }
	slices.SortFunc(order, byTurn)
	from := 0
	for _, to := range append(steps, len(order)) {
		to = min(to, len(order))
		slices.SortFunc(order[from:to], byGravity)
		from = to
	}
	return order
}

// writerOf is whose stories a group's place is counted among.
func writerOf(g alert.Group) [2]string { return [2]string{g.Newest.Cluster, g.Newest.Writer()} }

// crowds is how many namespaces are named of which groups are only counted.
const crowds = 3

// crowd is what is only counted of one namespace.
type crowd struct {
	namespace   string
	groups      int
	occurrences int64
}

// uncounted are lines for the groups that are counted only: one for each of the
// namespaces with the most, one for the others.
func (p *pages) uncounted() string {
	var all []crowd
	at := map[[2]string]int{}
	for _, i := range p.order[p.named:] {
		g := p.d.Groups[i]
		whose := writerOf(g)
		n, ok := at[whose]
		if !ok {
			n = len(all)
			at[whose], all = n, append(all, crowd{namespace: whose[1]})
		}
		all[n].groups++
		all[n].occurrences += fresh(g, p.d.Route)
	}
	slices.SortStableFunc(all, func(a, b crowd) int { return cmp.Compare(b.groups, a.groups) })
	var lines []string
	var rest crowd
	for n, c := range all {
		if n < crowds && c.namespace != "" {
			lines = append(lines, fmt.Sprintf(p.r.words.moreOf, c.groups, named(c.namespace, maxField), c.occurrences))
			continue
		}
		rest.groups, rest.occurrences = rest.groups+c.groups, rest.occurrences+c.occurrences
	}
	if rest.groups > 0 {
		lines = append(lines, fmt.Sprintf(p.r.words.moreGroups, rest.groups, rest.occurrences))
	}
	return joinLines(lines...)
}

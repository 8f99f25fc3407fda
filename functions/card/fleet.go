package card

import (
	"fmt"

	"github.com/edgebell/edgebell/functions/alert"
)

// placeOf is the place of a group; of one that stands for many clusters, how
// many there are and what is the same in all of them.
func (r *Renderer) placeOf(g alert.Group) string {
	if g.Clusters <= 1 {
		return place(g.Newest, nameOf(g))
	}
	out := fmt.Sprintf(r.words.clusters, g.Clusters)
	if name := nameOf(g); name != "*" {
		out += ": " + place(g.Newest, name)
	}
	return out
}

// whose is the cluster that the subtitle names: a group's, or our own where it
// stands for many.
func whose(g alert.Group) string {
	if g.Clusters > 1 {
		return ""
	}
	return g.Newest.Cluster
}

package card

import (
	"fmt"
	"slices"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

const shownRelated = 10 // of the stories that are told with another

// affected says how many objects the related stories are about, at least;
// empty when there are none.
func (r *Renderer) affected(related []alert.Group) string {
	if len(related) == 0 {
		return ""
	}
	names, more := map[string]bool{}, false
	for _, g := range related {
		more = more || g.MoreObjects > 0
		for _, o := range g.Objects {
			names[g.Newest.Namespace+"/"+o.Name] = true
		}
	}
	w := r.words
	if more {
		return fmt.Sprintf(w.pick("受影响的 Pod：%d 个以上", "Pods affected: more than %d"), len(names))
	}
	return fmt.Sprintf(w.pick("受影响的 Pod：%d 个", "Pods affected: %d"), len(names))
}

// related lists the stories that are told with another, the gravest first
// and some from each namespace.
func (r *Renderer) related(groups []alert.Group, route string) []string {
	if len(groups) == 0 {
		return nil
	}
	lines := []string{r.affected(groups)}
	order := fairly(groups, route, shownRelated)
	for _, i := range order[:min(len(order), shownRelated)] {
		g := groups[i]
		lines = append(lines, "  "+place(g.Newest, nameOf(g))+" · "+named(g.Newest.Reason, maxField)+" "+r.words.times(fresh(g, route)))
	}
	if n := len(groups) - shownRelated; n > 0 {
		lines = append(lines, "  "+fmt.Sprintf(r.words.more, n))
	}
	return slices.Clip(lines)
}

// healed says since when a group that is over has been well.
func (r *Renderer) healed(g alert.Group, ref time.Time) string {
	at := g.Healed()
	if g.State != alert.Recovered || at.IsZero() {
		return ""
	}
	return fmt.Sprintf(r.words.pick("恢复于 %s", "well since %s"), r.stamp(at, ref, minutes))
}

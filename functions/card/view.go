package card

import (
	"fmt"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

const (
	shownObjects = 10
	titleName    = 80
)

// Single renders one group.
func (r *Renderer) Single(schema Schema, s Story) (Message, error) {
	if schema == Custom {
		return r.single(s, false)
	}
	msg, err := r.marshal(schema, r.story(s, maxMessage))
	if err != nil || r.fits(msg) {
		return msg, err
	}
	// The message is the one field that may be long; find the longest cut of
	// it that fits. JSON's escapes make the size of a cut unforeseeable.
	low, high := 0, maxMessage-1
	for low < high {
		mid := (low + high + 1) / 2
		if msg, err = r.marshal(schema, r.story(s, mid)); err != nil {
			return msg, err
		}
		if r.fits(msg) {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low < keptMessage { // all the rest is too much for the channel
		return r.squeeze(schema, r.story(s, keptMessage), true)
	}
	return r.marshal(schema, r.story(s, low))
}

// story is the view of one group with its message cut to limit bytes.
func (r *Renderer) story(s Story, limit int) View {
	var (
		g, w  = s.Group, r.words
		a     = g.Newest
		color = colorOf(g)
		what  = r.say(a)
		where = r.placeOf(g)
	)
	if g.State == alert.Recovered {
		what = w.recovered + what
	}
	head := named(a.Reason, maxField) + " · " + r.occurrences(g, s.Route, s.SentAt)
	if a.Node != "" && a.Kind != "Node" {
		head += " · " + w.node + " " + named(a.Node, titleName)
	}
	summary := color.mark + " " + what + " · " + where
	if g.Total > 1 {
		summary += " " + w.times(g.Total)
	}
	v := View{
		Color:    color.template,
		Mark:     color.mark,
		Title:    what + " · " + where,
		Subtitle: r.subtitle(whose(g)),
		Summary:  summary,
		Headline: joinLines(head, r.foreign(a), r.healed(g, s.SentAt), r.affected(s.Related), r.delivery(g.Last, s.SentAt)),
		Message:  r.message(a, limit),
		Hint:     r.hintUnless(g),
		Notices:  r.notices(s.Notices, s.SentAt),
		Fold:     w.details,
		Details:  joinLines(r.details(g, s.SentAt), joinLines(r.related(s.Related, s.Route)...)),
		Command:  command(a),
		Links:    r.links(g),
		Footer:   r.footer(g.ShortID(s.Route), what),
		Topic:    TopicStory,
		ID:       g.ShortID(s.Route),
	}
	if g.State == alert.Recovered && g.Undelivered(s.Route) <= 0 {
		v.Message, v.Command = "", "" // told before, and there is nothing to do
	}
	if len(r.forms) > 0 {
		v.Stories = r.told(s, v.Message)
	}
	v.Message = quoted(v.Message)
	return v
}

type color struct{ template, mark string }

func colorOf(g alert.Group) color {
	if g.State == alert.Recovered {
		return color{"green", "🟢"}
	}
	return severityColor(SeverityOf(g.Newest))
}

func severityColor(s Severity) color {
	switch s {
	case Critical:
		return color{"red", "🔴"}
	case Info:
		return color{"blue", "🔵"}
	}
	return color{"orange", "🟠"}
}

// nameOf is the object's name, or what the names of several have in common.
func nameOf(g alert.Group) string {
	if g.Folded != "" && (len(g.Objects) > 1 || g.MoreObjects > 0) {
		return g.Folded
	}
	return g.Newest.Name
}

// place is kind, namespace and name for a title, and the namespace that says so
// where it is not the object's: the Event may be a lie about a neighbour.
func place(a alert.Alert, name string) string {
	if a.Kind == overflow {
		return named(a.Namespace, maxField) + "/*"
	}
	name = named(name, titleName)
	if a.Namespace != "" {
		name = named(a.Namespace, maxField) + "/" + name
	}
	where := strings.TrimSpace(named(a.Kind, maxField) + " " + name)
	if a.Foreign() {
		where += " ← " + named(a.Writer(), maxField)
	}
	return where
}

// foreign says who wrote an Event about what is not theirs.
func (r *Renderer) foreign(a alert.Alert) string {
	if !a.Foreign() {
		return ""
	}
	return fmt.Sprintf(r.words.foreign, named(a.Writer(), maxField))
}

// subtitle names the cluster, after the operator's own title if there is one.
func (r *Renderer) subtitle(cluster string) string {
	if cluster = line(cluster, maxField); cluster == "" {
		cluster = r.cluster
	}
	out := fmt.Sprintf(r.words.cluster, cluster)
	if r.title != "" {
		out = r.title + " · " + out
	}
	return out
}

// message is the alert's message cut to limit bytes, saying what was cut here
// and when the alert was made.
func (r *Renderer) message(a alert.Alert, limit int) string {
	raw := truncate(a.Message, 2*maxMessage)
	text := clean(raw)
	kept := truncate(text, limit)
	gone := len(text) - len(kept) + max(a.MessageBytes, len(a.Message)) - len(raw)
	if gone <= 0 {
		return text
	}
	return kept + fmt.Sprintf(r.words.cut, byteSize(gone))
}

func (r *Renderer) hintUnless(g alert.Group) string {
	if g.State == alert.Recovered {
		return ""
	}
	return r.hint(g.Newest)
}

// details is what one looks for after the first glance, a line each, without
// what title and headline say in full.
func (r *Renderer) details(g alert.Group, ref time.Time) string {
	w, a := r.words, g.Newest
	var lines []string
	if name := named(a.Name, maxName); g.Clusters <= 1 && name != named(nameOf(g), titleName) {
		lines = append(lines, w.object+" "+name)
	}
	if node := named(a.Node, maxName); len(node) > titleName {
		lines = append(lines, w.node+" "+node)
	}
	if origin := joinDots(named(a.Component, maxField), named(a.Type, maxField)); origin != "" {
		lines = append(lines, w.origin+" "+origin)
	}
	lines = append(lines, r.when(g.First, g.Last, ref))
	return joinLines(append(lines, r.objects(g)...)...)
}

// when gives the first and the last time to the second, and their zone.
func (r *Renderer) when(first, last, ref time.Time) string {
	w, from, to := r.words, r.stamp(first, ref, seconds), r.stamp(last, ref, seconds)
	zone := " (" + r.zone.String() + ")"
	if from == to {
		return w.at + " " + from + zone
	}
	return w.first + " " + from + " · " + w.last + " " + to + zone
}

// objects lists the objects touched, the latest first; nothing when there is
// only the one that the title names.
func (r *Renderer) objects(g alert.Group) []string {
	w, n := r.words, len(g.Objects)
	if g.MoreObjects == 0 && (n == 0 || n == 1 && g.Objects[0].Name == g.Newest.Name) {
		return nil
	}
	title := w.objects
	if g.MoreObjects > 0 {
		title = w.objectsOver
	}
	lines := []string{fmt.Sprintf(title, n)}
	for i := n - 1; i >= max(n-shownObjects, 0); i-- {
		lines = append(lines, "  "+named(g.Objects[i].Name, maxName)+" "+w.times(g.Objects[i].Count))
	}
	if n > shownObjects {
		lines = append(lines, "  "+fmt.Sprintf(w.more, n-shownObjects))
	}
	if g.MoreObjects > 0 {
		lines = append(lines, "  "+fmt.Sprintf(w.unseen, g.MoreObjects))
	}
	return lines
}

// footer holds the short id and the keyword that the bot asks for, unless the
// words of the title, which are ours, hold it already.
func (r *Renderer) footer(id, title string) string {
	if r.keyword == "" || strings.Contains(title, r.keyword) {
		return "id " + id
	}
	return "id " + id + " · " + r.keyword
}

func joinLines(lines ...string) string { return join("\n", lines) }
func joinDots(parts ...string) string  { return join(" · ", parts) }

// join leaves out what is empty.
func join(sep string, parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(sep)
		}
		b.WriteString(p)
	}
	return b.String()
}

package card

import (
	"github.com/edgebell/edgebell/functions/alert"
)

const (
	rowMessage = 120 // bytes

	// combined is what client-go's recorder puts before a message of many.
	combined = "(combined from similar events): "
)

// row tells a group in three lines: what and where, how often, the message.
func (p *pages) row(g alert.Group) string {
	return joinLines(
		p.what(g)+" · "+p.place(g),
		p.r.occurrences(g, p.d.Route, p.d.SentAt),
		quoted(shortMessage(g)))
}

// short tells a group in one line.
func (p *pages) short(g alert.Group) string {
	out := p.what(g) + " · " + p.place(g) + " · " + p.r.words.times(fresh(g, p.d.Route))
	if !g.Last.IsZero() {
		out += " · " + p.r.stamp(g.Last, p.d.SentAt, minutes)
	}
	return out
}

// what is the colour, the reason in words and the raw one beside it.
func (p *pages) what(g alert.Group) string {
	words, raw := p.r.say(g.Newest), named(g.Newest.Reason, maxField)
	if g.State == alert.Recovered {
		words = p.r.words.recovered + words
	}
	if words != raw {
		words += " (" + raw + ")"
	}
	return colorOf(g).mark + " " + words
}

// place names the cluster too when it is not the one that the card is about.
func (p *pages) place(g alert.Group) string {
	where := p.r.placeOf(g)
	if g.Clusters > 1 {
		return where
	}
	if c := line(g.Newest.Cluster, maxField); c != "" && c != p.r.cluster {
		where = c + ": " + where
	}
	return where
}

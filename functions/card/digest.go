package card

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// Bounds of a digest. Groups beyond maxNamed are counted, not named: nobody
// reads on, and the link is paid by the byte.
const (
	foremost   = 10 // with their message, seen at once
	maxNamed   = 100
	rowMessage = 120

	// combined is what client-go's recorder puts before a message of many.
	combined = "(combined from similar events): "
)

// Digest renders many groups as one message, the gravest first; as several
// only where one would be too big. Every group is covered by exactly one part,
// by name or in the count of the last part.
func (r *Renderer) Digest(schema Schema, d Digest) ([]Part, error) {
	p := pages{r: r, schema: schema, d: d, order: gravest(d.Groups, d.Route)}
	p.named = min(len(p.order), maxNamed)
	var ends []int // where each part ends in the order
	for start := 0; start < p.named || len(ends) == 0; {
		end, err := p.fit(start, len(ends) == 0)
		if err != nil {
			return nil, err
		}
		ends = append(ends, end)
		start = end
	}
	return p.render(ends)
}

// pages lays groups out over parts.
type pages struct {
	r      *Renderer
	schema Schema
	d      Digest
	order  []int
	named  int
}

// fit is how far the part that begins at start reaches, at least one group.
func (p pages) fit(start int, first bool) (int, error) {
	low, high := min(start+1, p.named), p.named
	for low < high {
		mid := (low + high + 1) / 2
		// A total of 99 is as wide as any; the last part's count is measured
		// in every part.
		msg, err := p.r.marshal(p.schema, p.view(start, mid, first, true, 99, 99))
		if err != nil {
			return 0, err
		}
		if len(msg.Payload) <= maxPayload {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low, nil
}

func (p pages) render(ends []int) ([]Part, error) {
	var parts []Part
	start := 0
	for i, end := range ends {
		last := i == len(ends)-1
		msg, err := checked(p.r.marshal(p.schema, p.view(start, end, i == 0, last, i+1, len(ends))))
		if err != nil {
			return nil, err
		}
		covered := p.order[start:end]
		if last {
			covered = p.order[start:]
		}
		parts = append(parts, Part{Message: msg, Groups: slices.Clone(covered)})
		start = end
	}
	return parts, nil
}

// view is the part that names order[start:end].
func (p pages) view(start, end int, first, last bool, n, of int) view {
	r, w, d := p.r, p.r.words, p.d
	v := view{
		title:    p.title(),
		subtitle: r.subtitle(""),
		command:  digestCommand,
	}
	if of > 1 {
		v.title += fmt.Sprintf(w.part, n, of)
	}
	c := p.color()
	v.color, v.mark = c.template, c.mark
	v.summary = c.mark + " " + v.title
	if first {
		v.headline = p.headline()
		v.notices = r.notices(d.Notices, d.SentAt)
	}
	var rest []string
	for at := start; at < end; at++ {
		g := d.Groups[p.order[at]]
		if at < foremost {
			v.rows = append(v.rows, p.row(g))
		} else {
			rest = append(rest, p.short(g))
		}
	}
	if last {
		rest = append(rest, p.uncounted())
	}
	v.details = joinLines(rest...)
	v.fold = fmt.Sprintf(w.rest, len(p.order)-min(len(p.order), max(start, foremost)))
	if v.details == "" {
		v.fold = w.details
	}
	v.footer = r.footer(p.id(start, end), v.title)
	return v
}

func (p pages) title() string {
	w, total := p.r.words, int64(0)
	for _, g := range p.d.Groups {
		total += fresh(g, p.d.Route)
	}
	if offline := p.offline(); offline > 0 {
		return fmt.Sprintf(w.digestOffline, w.duration(offline), len(p.d.Groups), total)
	}
	return fmt.Sprintf(w.digest, len(p.d.Groups), total)
}

// fresh is what a digest counts of a group: what was not told yet.
func fresh(g alert.Group, route string) int64 {
	if n := g.Undelivered(route); n > 0 {
		return n
	}
	return max(g.Total, 1)
}

func (p pages) offline() time.Duration {
	if p.d.Offline > 0 || p.d.OfflineSince.IsZero() || p.d.SentAt.IsZero() {
		return p.d.Offline
	}
	return p.d.SentAt.Sub(p.d.OfflineSince)
}

// headline says when the link was down and what came first after it went.
func (p pages) headline() string {
	r, w, d := p.r, p.r.words, p.d
	if d.OfflineSince.IsZero() {
		return ""
	}
	lines := []string{fmt.Sprintf(w.offline,
		r.stamp(d.OfflineSince, d.SentAt, minutes), r.stamp(d.SentAt, d.SentAt, minutes))}
	var earliest *alert.Group
	for _, i := range p.order {
		g := &d.Groups[i]
		if g.First.Before(d.OfflineSince) || earliest != nil && !g.First.Before(earliest.First) {
			continue
		}
		earliest = g
	}
	if earliest != nil {
		lines = append(lines, fmt.Sprintf(w.earliest, r.stamp(earliest.First, d.SentAt, minutes),
			r.say(earliest.Newest)+" · "+p.place(*earliest)))
	}
	return strings.Join(lines, "\n")
}

func (p pages) color() color {
	gravest := Info
	for _, g := range p.d.Groups {
		gravest = max(gravest, severityNow(g))
	}
	return severityColor(gravest)
}

// row tells a group in three lines: what and where, how often, the message.
func (p pages) row(g alert.Group) string {
	message := cleanLine(truncate(g.Newest.Message, maxMessage))
	message = ellipsis(strings.TrimPrefix(message, combined), rowMessage)
	return joinLines(
		p.what(g)+" · "+p.place(g),
		p.r.occurrences(g, p.d.Route, p.d.SentAt),
		message)
}

// short tells a group in one line.
func (p pages) short(g alert.Group) string {
	out := p.what(g) + " · " + p.place(g) + " · " + p.r.words.times(fresh(g, p.d.Route))
	if !g.Last.IsZero() {
		out += " · " + p.r.stamp(g.Last, p.d.SentAt, minutes)
	}
	return out
}

// what is the colour, the reason in words and the raw one beside it.
func (p pages) what(g alert.Group) string {
	words, raw := p.r.say(g.Newest), line(g.Newest.Reason, maxField)
	if g.State == alert.Recovered {
		words = p.r.words.recovered + words
	}
	if words != raw {
		words += " " + raw
	}
	return colorOf(g).mark + " " + words
}

// place names the cluster too when it is not the one that the card is about.
func (p pages) place(g alert.Group) string {
	where := place(g.Newest, nameOf(g))
	if c := line(g.Newest.Cluster, maxField); c != "" && c != p.r.cluster {
		where = c + ": " + where
	}
	return where
}

// uncounted is the line for the groups that are counted only.
func (p pages) uncounted() string {
	var total int64
	for _, i := range p.order[p.named:] {
		total += fresh(p.d.Groups[i], p.d.Route)
	}
	if n := len(p.order) - p.named; n > 0 {
		return fmt.Sprintf(p.r.words.moreGroups, n, total)
	}
	return ""
}

// id is a hash of the short ids of the part's groups, so that a digest sent
// again because its answer was lost carries the same one.
func (p pages) id(start, end int) string {
	h := sha256.New()
	for _, i := range p.order[start:end] {
		h.Write([]byte(p.d.Groups[i].ShortID(p.d.Route)))
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

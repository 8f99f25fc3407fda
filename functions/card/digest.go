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
	foremost = 10 // with their message, seen at once
	maxNamed = 100
)

// Digest renders many groups as one message, the gravest first, and from each
// namespace some where not all can be named; as several only where one would be too big. Every group is covered by exactly one part,
// by name or in the count of the last part.
func (r *Renderer) Digest(schema Schema, d Digest) ([]Part, error) {
	p := r.layout(schema, d)
	var ends []int // where each part ends in the order
	for start := 0; start < p.named || len(ends) == 0; {
		end, err := p.fit(start)
		if err != nil {
			return nil, err
		}
		ends = append(ends, end)
		start = end
	}
	return p.render(ends)
}

// pages lays groups out over parts. What does not depend on where a part
// begins and ends is made once.
type pages struct {
	r      *Renderer
	schema Schema
	d      Digest
	order  []int    // of the groups
	named  int      // how many of the order are named
	rows   []string // of the named ones
	frame  View     // what all parts have in common
	first  View     // what the first part says besides
	last   string   // what the last part says besides
}

func (r *Renderer) layout(schema Schema, d Digest) *pages {
	p := &pages{r: r, schema: schema, d: d, order: fairly(d.Groups, d.Route, foremost, maxNamed)}
	p.named = min(len(p.order), maxNamed)
	for at, i := range p.order[:p.named] {
		if at < foremost {
			p.rows = append(p.rows, p.row(d.Groups[i]))
		} else {
			p.rows = append(p.rows, p.short(d.Groups[i]))
		}
	}
	color := severityColor(Info)
	if len(p.order) > 0 { // the first is the gravest of all
		color = severityColor(severityNow(d.Groups[p.order[0]]))
	}
	p.frame = View{
		Color: color.template, Mark: color.mark, Title: p.title(),
		Subtitle: r.subtitle(""), Command: digestCommand, Topic: TopicDigest,
	}
	p.first = View{Headline: p.headline(), Notices: r.notices(d.Notices, d.SentAt)}
	p.last = p.uncounted()
	return p
}

// fit is how far the part that begins at start reaches, at least one group.
func (p *pages) fit(start int) (int, error) {
	low, high := min(start+1, p.named), p.named
	for low < high {
		mid := (low + high + 1) / 2
		// A total of 99 is as wide as any; every part is measured as if it
		// were the last.
		msg, err := p.r.marshal(p.schema, p.view(start, mid, true, 99, 99))
		if err != nil {
			return 0, err
		}
		if p.r.fits(msg) {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low, nil
}

func (p *pages) render(ends []int) ([]Part, error) {
	var parts []Part
	start := 0
	for i, end := range ends {
		last := i == len(ends)-1
		msg, err := p.r.squeeze(p.schema, p.view(start, end, last, i+1, len(ends)), false)
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
func (p *pages) view(start, end int, last bool, n, of int) View {
	w, v := p.r.words, p.frame
	if of > 1 {
		v.Title += fmt.Sprintf(w.part, n, of)
	}
	v.Summary = v.Mark + " " + v.Title
	if start == 0 {
		v.Headline, v.Notices = p.first.Headline, p.first.Notices
	}
	seen := min(max(start, foremost), end) // rows before it are seen at once
	if start < seen {
		v.Rows = p.rows[start:seen]
	}
	rest := slices.Clone(p.rows[seen:end])
	if last {
		rest = append(rest, p.last)
	}
	v.Details = joinLines(rest...)
	v.Fold = fmt.Sprintf(w.rest, len(p.order)-seen)
	if v.Details == "" {
		v.Fold = w.details
	}
	v.ID = p.id(start, end)
	v.Footer = p.r.footer(v.ID, v.Title)
	p.data(&v, start, end, last)
	return v
}

func (p *pages) title() string {
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

func (p *pages) offline() time.Duration {
	if p.d.Offline > 0 || p.d.OfflineSince.IsZero() || p.d.SentAt.IsZero() {
		return p.d.Offline
	}
	return p.d.SentAt.Sub(p.d.OfflineSince)
}

// headline says when the link was down and what came first after it went.
func (p *pages) headline() string {
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

// id is a hash of the short ids of the part's groups, so that a digest sent
// again because its answer was lost carries the same one.
func (p *pages) id(start, end int) string {
	h := sha256.New()
	for _, i := range p.order[start:end] {
		h.Write([]byte(p.d.Groups[i].ShortID(p.d.Route)))
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

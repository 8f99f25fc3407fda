package notify

import (
	"fmt"
	stdhtml "html"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// html writes markup. html/template would do, but for its use of reflection a
// program must keep every method of every type: six megabytes here. So there
// are two ways to write, and what is not a constant goes through text.
type html struct{ strings.Builder }

func (h *html) raw(s string) *html {
	h.WriteString(s)
	return h
}

// text escapes for texts and for quoted attributes alike.
func (h *html) text(s string) *html {
	h.WriteString(stdhtml.EscapeString(s))
	return h
}

func (p *pageView) render() string {
	h := new(html)
	h.raw(`<!doctype html><html lang="` + p.w.lang + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">`)
	if p.refresh {
		h.raw(`<meta http-equiv="refresh" content="` + pageRefresh + `">`)
	}
	h.raw(`<title>`).text(p.title()).raw(`</title><style>` + pageCSS + `</style></head><body><main>`)
	p.head(h)
	p.tiles(h)
	if p.notices != "" {
		h.raw(`<section class="notice"><h2>`).text(p.w.notices).raw(`</h2><p class="text">`).text(p.notices).raw(`</p></section>`)
	}
	p.list(h)
	p.sources(h)
	h.raw(`<footer>`).text(fmt.Sprintf(p.w.asOf, p.stamp(p.now), p.zone))
	return h.raw(`</footer></main></body></html>`).String()
}

func (p *pageView) title() string {
	mark := ""
	if n := p.status.Backlog.Groups; n > 0 {
		mark = fmt.Sprintf("(%d) ", n)
	}
	return mark + "Edgebell · " + p.status.Cluster
}

func (p *pageView) head(h *html) {
	link := worst(p.routes)
	h.raw(`<header class="bar"><div class="name"><h1>Edgebell</h1><p>`).text(fmt.Sprintf(p.w.cluster, p.status.Cluster)).raw(`</p></div><span class="pill `)
	h.raw(map[string]string{LinkUp: "good", LinkDown: "bad", LinkRefused: "bad"}[link]).raw(`">`).text(p.w.links[link]).raw(`</span>`)
	if p.refresh {
		h.raw(`<a class="pill" href="?refresh=0">`).text(p.w.pause).raw(`</a>`)
	} else {
		h.raw(`<a class="pill" href="?">`).text(p.w.resume).raw(`</a>`)
	}
	h.raw(`</header>`)
}

// tiles are the numbers of the moment.
func (p *pageView) tiles(h *html) {
	s, w := p.status, p.w
	h.raw(`<section class="tiles">`)
	p.channelTiles(h)
	backlog := []string{}
	switch {
	case s.Backlog.Due > 0:
		backlog = append(backlog, fmt.Sprintf(w.dueNow, s.Backlog.Due, span(p.oldest, p.language)))
	case !p.next.IsZero():
		backlog = append(backlog, fmt.Sprintf(w.nextDue, p.stamp(p.next)))
	}
	p.tile(h, w.waiting, fmt.Sprintf(w.groups, s.Backlog.Groups), backlog, warnIf(s.Backlog.Due > 0 && worst(p.routes) != LinkUp))
	p.tile(h, w.sent, fmt.Sprintf(w.cards, s.Ledger.CardsSent), []string{fmt.Sprintf(w.occurrences, s.Ledger.Occurrences)}, "")
	p.tile(h, w.data, bytesOf(p.use.Day), p.dataLines(), warnIf(s.Usage.Budget == BudgetSoft || s.Usage.Budget == BudgetHard))
	lost := []string{}
	for _, reason := range slices.Sorted(maps.Keys(s.Ledger.Dropped)) {
		lost = append(lost, reason+" "+fmt.Sprint(s.Ledger.Dropped[reason]))
	}
	p.tile(h, w.lost, fmt.Sprintf(w.times, sum(s.Ledger.Dropped)), lost, warnIf(len(lost) > 0))
	state := fmt.Sprintf(w.used, bytesOf(s.Ledger.UsedBytes), bytesOf(s.Ledger.Bytes))
	p.tile(h, w.disk, state, []string{s.Ledger.Error}, warnIf(!s.Ledger.Writable))
	h.raw(`</section>`)
	p.errors(h)
}

func warnIf(bad bool) string {
	if bad {
		return " warn"
	}
	return ""
}

func (p *pageView) dataLines() []string {
	lines := []string{fmt.Sprintf(p.w.month, bytesOf(p.use.Month))}
	if p.use.Budget > 0 {
		lines = append(lines, fmt.Sprintf(p.w.budget, bytesOf(p.use.Budget), p.w.budgets[p.status.Usage.Budget]))
	}
	return lines
}

func (p *pageView) tile(h *html, name, value string, lines []string, class string) {
	h.raw(`<div class="tile` + class + `"><h2>`).text(name).raw(`</h2><p class="value">`).text(value).raw(`</p>`)
	for _, l := range lines {
		if l != "" {
			h.raw(`<p>`).text(l).raw(`</p>`)
		}
	}
	h.raw(`</div>`)
}

// list is the groups, the latest first.
func (p *pageView) list(h *html) {
	h.raw(`<section><h2>`).text(p.w.alerts).raw(`</h2>`)
	if len(p.groups) == 0 {
		h.raw(`<p class="empty">`).text(p.w.none).raw(`</p>`)
	}
	for _, g := range p.groups {
		p.group(h, g)
	}
	if p.older > 0 {
		h.raw(`<p class="empty">`).text(fmt.Sprintf(p.w.older, p.older)).raw(`</p>`)
	}
	h.raw(`</section>`)
}

func (p *pageView) group(h *html, g pageGroup) {
	tag, class := "details", ""
	if g.preview == "" {
		tag, class = "div", " flat"
	}
	h.raw(`<` + tag + ` class="group` + class + `">`)
	if g.preview != "" {
		h.raw(`<summary>`)
	}
	h.raw(`<span class="dot c-` + g.color + `" role="img" aria-label="` + p.w.severities[g.color] + `"></span><span class="what"><b>`).text(g.what).raw(`</b><small>`)
	h.text(strings.TrimSpace(severityMark(g.Group, p.w) + " " + p.when(g.Group))).raw(`</small></span>`)
	h.raw(`<span class="count">`).text(fmt.Sprintf(p.w.times, g.Total)).raw(`</span>`)
	if g.waiting > 0 {
		h.raw(`<span class="pill warn">`).text(fmt.Sprintf(p.w.notYet, g.waiting)).raw(`</span>`)
	} else {
		h.raw(`<span class="pill good">`).text(p.w.delivered).raw(`</span>`)
	}
	if g.preview != "" {
		h.raw(`</summary><div class="preview">` + g.preview + `</div>`)
	}
	h.raw(`</` + tag + `>`)
}

func (p *pageView) when(g alert.Group) string {
	first, last := p.stamp(g.First), p.stamp(g.Last)
	switch {
	case g.Last.IsZero():
		return g.Newest.Reason
	case first == last || g.First.IsZero():
		return g.Newest.Reason + " · " + last
	case first[:min(5, len(first))] == last[:min(5, len(last))] && len(first) == len(last) && strings.Contains(last, " "):
		_, last, _ = strings.Cut(last, " ")
	}
	return g.Newest.Reason + " · " + first + "–" + last
}

func (p *pageView) sources(h *html) {
	h.raw(`<section><h2>`).text(p.w.sources).raw(`</h2>`)
	if len(p.status.Sources) == 0 {
		h.raw(`<p class="empty">`).text(p.w.noSource).raw(`</p>`)
	}
	for _, s := range p.status.Sources {
		class, state := "good", p.w.connected
		switch {
		case s.Silent:
			class, state = "bad", p.w.silent
		case !s.Connected:
			class, state = "bad", p.w.disconnected
		}
		h.raw(`<div class="group flat"><span class="what"><b>`).text(strings.TrimPrefix(s.Source, "/clusters/") + " · " + s.Origin).raw(`</b><small>`)
		h.text(fmt.Sprintf(p.w.heard, p.stamp(s.LastHeard), s.Accepted))
		if lost := total(s.Refused) + total(s.Dropped); lost > 0 {
			h.text(" · " + fmt.Sprintf(p.w.sourceLost, lost))
		}
		h.raw(`</small></span><span class="pill ` + class + `">`).text(state).raw(`</span></div>`)
	}
	h.raw(`</section>`)
}

// stamp is the clock alone on the same day, else with the date.
func (p *pageView) stamp(t time.Time) string {
	t, now := t.In(p.zone), p.now.In(p.zone)
	switch {
	case t.Year() != now.Year():
		return t.Format("2006-01-02 15:04")
	case t.YearDay() != now.YearDay():
		return t.Format("01-02 15:04")
	}
	return t.Format("15:04:05")
}

func bytesOf(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 999_500:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

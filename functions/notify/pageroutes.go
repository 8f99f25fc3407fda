package notify

import (
	"fmt"
	"time"
)

// worst is the state of a link that a glance shall show: a broken one before a
// good one.
func worst(routes []RouteStatus) string {
	state, rank := LinkUnknown, -1
	for _, r := range routes {
		if at := map[string]int{LinkUp: 1, LinkDown: 2, LinkRefused: 3}[r.Link.State]; at > rank {
			state, rank = r.Link.State, at
		}
	}
	return state
}

// channelTiles are where messages go, a tile for each route.
func (p *pageView) channelTiles(h *html) {
	for _, r := range p.routes {
		name := p.w.channel
		if len(p.status.Routes) > 0 {
			name += " · " + r.Route
		}
		p.tile(h, name, targetOf(r.Channel), p.linkLines(r), warnIf(len(p.status.Routes) > 0 && broken(r.Link)))
	}
}

func broken(l LinkStatus) bool { return l.State == LinkDown || l.State == LinkRefused }

func (p *pageView) linkLines(r RouteStatus) []string {
	w, lines := p.w, []string{}
	if !r.Link.Since.IsZero() {
		lines = append(lines, fmt.Sprintf(w.since, w.links[r.Link.State], p.stamp(r.Link.Since)))
	}
	if !r.Link.LastSent.IsZero() {
		lines = append(lines, fmt.Sprintf(w.lastSent, p.stamp(r.Link.LastSent)))
	}
	if !r.Link.NextTry.IsZero() {
		lines = append(lines, fmt.Sprintf(w.nextTry, p.stamp(r.Link.NextTry), r.Link.Tries))
	}
	if offset, err := time.ParseDuration(r.Channel.ClockOffset); err == nil {
		lines = append(lines, fmt.Sprintf(w.clock, span(offset.Abs(), p.language)))
	}
	return lines
}

// errors are the last ones of the routes.
func (p *pageView) errors(h *html) {
	for _, r := range p.routes {
		if r.Link.LastError == "" {
			continue
		}
		h.raw(`<p class="error"><b>`).text(p.w.lastError).raw(`</b> `)
		if len(p.status.Routes) > 0 {
			h.text(r.Route + ": ")
		}
		h.text(r.Link.LastError).raw(`</p>`)
	}
}

func targetOf(c ChannelStatus) string {
	if c.Target != "" {
		return c.Target
	}
	return c.Kind
}

package notify

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// pace bounds how often cards go out: a bot takes 5 a second and 100 a minute,
// strictly (open.feishu.cn, custom bot guide), and answers 11232 more often at
// full and half hours, when everybody's reports go out.
type pace struct {
	mu        sync.Mutex // the routes to one far side share it
	perMinute int
	burst     int
	sent      []time.Time // of the last minute, oldest first
	// Of the routes that share it: which sent last, and which found their turn
	// taken since.
	last string
	lost map[string]bool
}

const (
	minSpacing = 250 * time.Millisecond // under 5 a second
	// Sends keep off the first seconds of a full or half hour.
	markBefore = time.Second
	markAfter  = 4 * time.Second
	markSpread = 6 * time.Second
)

func newPace(perMinute int) *pace {
	p := &pace{lost: map[string]bool{}}
	p.limit(max(perMinute, 1))
	return p
}

func (p *pace) limit(perMinute int) { p.perMinute, p.burst = perMinute, max(1, min(5, perMinute/4)) }

// paceOf is the pace of a route: that of an earlier one where both have the same
// far side, at the lower of their limits.
func (f *Function) paceOf(r Route) *pace {
	for _, d := range f.out {
		if r.Far != "" && r.Far == d.Far {
			d.pace.limit(min(d.pace.perMinute, max(r.PerMinute, 1)))
			return d.pace
		}
	}
	return newPace(r.PerMinute)
}

// remember takes over what an earlier process has sent, so that one that begins
// anew again and again keeps the pace.
func (p *pace) remember(ago []time.Duration, now time.Time) {
	for _, d := range ago {
		p.sent = append(p.sent, now.Add(-d))
	}
	slices.SortFunc(p.sent, time.Time.Compare)
}

// wait is how long the next card must wait. now carries the monotonic reading;
// wall is the far side's clock as well as it is known.
func (p *pace) wait(now, wall time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.spacing(now), offMark(wall))
}

// claim notes a route's try, or says how long it must wait as another route was
// faster. Who sent last lets those go first that came too late for it, for a
// moment: else who is always a little faster has all the turns.
func (p *pace) claim(route string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := p.spacing(now)
	delete(p.lost, route)
	if wait <= 0 && route == p.last && len(p.lost) > 0 {
		clear(p.lost) // once: they may have nothing more to tell
		wait = minSpacing
	}
	if wait > 0 {
		p.lost[route] = true
		return wait
	}
	p.sent, p.last = append(p.sent, now), route
	return 0
}

// spacing lets a burst through and spreads what follows over the minute, so
// that no window of a minute holds more than perMinute.
func (p *pace) spacing(now time.Time) time.Duration {
	for len(p.sent) > 0 && now.Sub(p.sent[0]) >= time.Minute {
		p.sent = p.sent[1:]
	}
	if len(p.sent) == 0 {
		return 0
	}
	after := func(t time.Time, d time.Duration) time.Duration { return max(t.Add(d).Sub(now), 0) }
	last := p.sent[len(p.sent)-1]
	switch {
	case len(p.sent) >= p.perMinute:
		return after(p.sent[len(p.sent)-p.perMinute], time.Minute)
	case len(p.sent) < p.burst:
		return after(last, minSpacing)
	}
	return after(last, max(minSpacing, time.Minute/time.Duration(p.perMinute)))
}

// took notes a try, delivered or not: the far side may count it.
func (p *pace) took(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, now)
}

// offMark keeps off the busy seconds around a full or half hour.
func offMark(wall time.Time) time.Duration {
	const half = 30 * time.Minute
	since := wall.Sub(wall.Truncate(half))
	jitter := time.Duration(rand.Int64N(int64(markSpread)))
	switch {
	case since < markAfter:
		return markAfter - since + jitter
	case half-since < markBefore:
		return half - since + markAfter + jitter
	}
	return 0
}

// backoff doubles from first to most, with a jitter of a fifth.
func backoff(tries int, first, most time.Duration) time.Duration {
	d := first << min(tries, 20)
	if d <= 0 || d > most {
		d = most
	}
	return d - time.Duration(rand.Int64N(int64(d)/5+1))
}

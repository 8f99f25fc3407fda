package card

import (
	"fmt"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// late is how far delivery may lie from the last occurrence before the card
// says so.
const late = 5 * time.Minute

// latest is how late a card may claim to be. What is older comes from a clock
// that was never set, or from nobody's: no API server and no edge keeps an
// Event so long.
const latest = 366 * 24 * time.Hour

const (
	minutes = "15:04"
	seconds = "15:04:05"
)

// stamp shows t in the configured zone: the clock alone on the day of ref,
// with the date on another day, with the year in another year. A zero ref is
// no day at all.
func (r *Renderer) stamp(t, ref time.Time, clock string) string {
	if t.IsZero() {
		return r.words.unknown
	}
	t = t.In(r.zone)
	if ref.IsZero() {
		return t.Format("2006-01-02 " + clock)
	}
	ref = ref.In(r.zone)
	switch {
	case t.Year() != ref.Year():
		return t.Format("2006-01-02 " + clock)
	case t.YearDay() != ref.YearDay():
		return t.Format("01-02 " + clock)
	}
	return t.Format(clock)
}

// until is how t is written after from: without the date when from had the
// same one.
func (r *Renderer) until(from, t, ref time.Time) string {
	if !t.IsZero() && from.In(r.zone).Format(time.DateOnly) == t.In(r.zone).Format(time.DateOnly) {
		return t.In(r.zone).Format(minutes)
	}
	return r.stamp(t, ref, minutes)
}

// occurrences tells how often and when: "17 次，02:14–05:31". A group told
// before says first what is new.
func (r *Renderer) occurrences(g alert.Group, route string, ref time.Time) string {
	fresh := g.Undelivered(route)
	return r.words.occurrences(max(g.Total, 1), fresh, g.Delivered[route] > 0 && fresh > 0, r.span(g.First, g.Last, ref))
}

// span is the time of the first and the last occurrence. Reporters' clocks
// may be wrong or absent: unknown ends are left out, turned ones are turned.
type span struct {
	first, last string // last is empty when it says the same minute
}

func (r *Renderer) span(first, last, ref time.Time) span {
	switch {
	case first.IsZero():
		return span{last: r.known(last, ref)}
	case last.IsZero():
		return span{first: r.known(first, ref)}
	case last.Before(first):
		first, last = last, first
	}
	s := span{first: r.stamp(first, ref, minutes), last: r.until(first, last, ref)}
	if r.stamp(last, ref, minutes) == s.first {
		s.last = ""
	}
	return s
}

func (r *Renderer) known(t, ref time.Time) string {
	if t.IsZero() {
		return ""
	}
	return r.stamp(t, ref, minutes)
}

// delivery says when a card was sent if that is not about when it happened.
func (r *Renderer) delivery(last, sent time.Time) string {
	if last.IsZero() || sent.IsZero() {
		return ""
	}
	d := sent.Sub(last)
	switch {
	case d > latest:
		return fmt.Sprintf(r.words.sentEarly, r.stamp(sent, last, minutes))
	case d > late:
		return fmt.Sprintf(r.words.sentLate, r.stamp(sent, last, minutes), r.words.duration(d))
	case d < -late:
		return fmt.Sprintf(r.words.sentEarly, r.stamp(sent, last, minutes))
	}
	return ""
}

// split gives whole days, hours and minutes, of which the smaller ones are
// dropped where they say nothing.
func split(d time.Duration) (days, hours, mins int) {
	d = max(d, 0).Round(time.Minute)
	return int(d / (24 * time.Hour)), int(d / time.Hour % 24), int(d / time.Minute % 60)
}

package alert

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	minutesOfDay  = 24 * 60
	minutesOfWeek = 7 * minutesOfDay
)

// window is a stretch of the day on some weekdays, as a clock on the wall
// shows it. One that ends before it begins goes over midnight and belongs to
// the day on which it begins.
type window struct {
	days     weekdays
	from, to int // minutes of the day: 0 to 1439, 1 to 1440
}

// weekdays is a set, a bit for each time.Weekday.
type weekdays uint8

const everyDay weekdays = 1<<7 - 1

func (d weekdays) has(day time.Weekday) bool { return d>>day&1 == 1 }

// span is a stretch of minutes of the week from Sunday 00:00, to not in it.
type span struct{ from, to int }

// week are spans in order that neither overlap nor touch.
type week []span

// spansOf lays the windows over the week.
func spansOf(windows []window) week {
	var all week
	for _, w := range windows {
		length := w.to - w.from
		if length <= 0 {
			length += minutesOfDay
		}
		for day := time.Sunday; day <= time.Saturday; day++ {
			if !w.days.has(day) {
				continue
			}
			from := int(day)*minutesOfDay + w.from
			to := from + length
			all = append(all, span{from, min(to, minutesOfWeek)})
			if to > minutesOfWeek {
				all = append(all, span{0, to - minutesOfWeek})
			}
		}
	}
	return all.joined()
}

func (w week) joined() week {
	slices.SortFunc(w, func(a, b span) int { return a.from - b.from })
	var joined week
	for _, s := range w {
		if last := len(joined) - 1; last >= 0 && s.from <= joined[last].to {
			joined[last].to = max(joined[last].to, s.to)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

func (w week) whole() bool { return len(w) == 1 && w[0] == span{0, minutesOfWeek} }

// end is the first moment from t on, in t's zone, that lies in no span; t
// itself when it does not, and about the limit when none comes before. What
// counts is what the clock on the wall shows: an hour that is skipped mutes
// nothing, one that comes twice mutes twice.
func (w week) end(t, limit time.Time) time.Time {
	for t.Before(limit) {
		left := w.left(t)
		if left == 0 {
			break
		}
		end := t.Add(left)
		if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(end) {
			end = change
		}
		t = end
	}
	return t
}

// left is how long the span around t goes on while the zone's offset stays,
// zero outside the spans.
func (w week) left(t time.Time) time.Duration {
	hour, minute, second := t.Clock()
	now := int(t.Weekday())*minutesOfDay + hour*60 + minute
	for _, s := range w {
		if s.from <= now && now < s.to {
			return time.Duration(s.to-now)*time.Minute -
				time.Duration(second)*time.Second - time.Duration(t.Nanosecond())
		}
	}
	return 0
}

// String is the window in the form that is read: "sat,sun 00:00-24:00".
func (w window) String() string {
	hours := fmt.Sprintf("%02d:%02d-%02d:%02d", w.from/60, w.from%60, w.to/60, w.to%60)
	if w.days == everyDay {
		return hours
	}
	return w.days.String() + " " + hours
}

// dayNames by time.Weekday.
var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// String lists the days from Monday on, three or more in a row as a range.
func (d weekdays) String() string {
	var parts []string
	for i := 1; i <= 7; i++ {
		first := i
		for i <= 7 && d.has(time.Weekday(i%7)) {
			i++
		}
		run := make([]string, 0, 7)
		for day := first; day < i; day++ {
			run = append(run, dayNames[day%7])
		}
		if len(run) > 2 {
			run = []string{run[0] + "-" + run[len(run)-1]}
		}
		parts = append(parts, run...)
	}
	return strings.Join(parts, ",")
}

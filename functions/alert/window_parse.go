package alert

import (
	"slices"
	"strings"
	"time"
)

// maxWindows bounds the windows of one entry of MUTE.
const maxWindows = 32

const (
	wantWindow = "a time window such as 22:00-07:00, weekdays such as mon-fri or sat,sun, or both"
	wantDay    = "a weekday (mon, tue, wed, thu, fri, sat or sun) or a range such as mon-fri"
	wantHours  = "a time window such as 22:00-07:00 (24:00 is the end of the day)"
)

// windows reads what follows an @.
func (p *filterParser) windows() ([]window, error) {
	var all []window
	for {
		p.next()
		w, err := p.window()
		if err != nil {
			return nil, err
		}
		all = append(all, w)
		switch {
		case p.tok.kind == tokEnd || p.tok.isSymbol(";"):
			return all, nil
		case !p.tok.isWord("or"):
			return nil, p.fail(`" or " and another window, ";" or the end of MUTE`)
		case len(all) == maxWindows:
			return nil, p.fail("at most 32 windows")
		}
	}
}

func (p *filterParser) window() (window, error) {
	w := window{days: everyDay, to: minutesOfDay}
	if p.tok.kind != tokWord {
		return w, p.fail(wantWindow)
	}
	var err error
	if !startsWithDigit(p.tok.text) {
		if w.days, err = p.days(); err != nil {
			return w, err
		}
		if p.tok.kind != tokWord || !startsWithDigit(p.tok.text) {
			return w, nil
		}
	}
	w.from, w.to, err = p.hours()
	return w, err
}

func startsWithDigit(s string) bool { return s[0] >= '0' && s[0] <= '9' }

// days reads "sat,sun" and "mon-fri".
func (p *filterParser) days() (weekdays, error) {
	var all weekdays
	for {
		if p.tok.kind != tokWord {
			return 0, p.fail(wantDay)
		}
		days, want := dayRange(p.tok.text)
		if want != "" {
			return 0, p.fail(want)
		}
		all |= days
		if p.next(); !p.tok.isSymbol(",") {
			return all, nil
		}
		p.next()
	}
}

// dayRange reads "sat" and "fri-mon", which goes over the week's end.
func dayRange(s string) (days weekdays, want string) {
	from, to, ranged := strings.Cut(s, "-")
	first := dayOf(from)
	last := first
	if ranged {
		last = dayOf(to)
	}
	switch {
	case first < 0 && strings.Contains(s, ":"):
		return 0, wantHours
	case first < 0 || last < 0:
		return 0, wantDay
	case ranged && first == last:
		return 0, "a range of two days, or one day alone"
	}
	for day := first; ; day = (day + 1) % 7 {
		days |= 1 << day
		if day == last {
			return days, ""
		}
	}
}

// dayOf is a time.Weekday, -1 when there is no such day.
func dayOf(name string) int {
	return slices.IndexFunc(dayNames, func(d string) bool { return strings.EqualFold(d, name) })
}

// hours reads "22:00-07:00".
func (p *filterParser) hours() (from, to int, err error) {
	first, last, _ := strings.Cut(p.tok.text, "-")
	from, to = minuteOf(first), minuteOf(last)
	switch {
	case from < 0 || to < 0 || from == minutesOfDay:
		return 0, 0, p.fail(wantHours)
	case from == to:
		return 0, 0, p.fail("an end other than the begin (the whole day is 00:00-24:00)")
	case to == 0:
		to = minutesOfDay
	}
	p.next()
	return from, to, nil
}

// minuteOf reads "hh:mm" up to 24:00, -1 when it is none.
func minuteOf(s string) int {
	if s == "24:00" {
		return minutesOfDay
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}

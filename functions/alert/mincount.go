package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds of MIN_COUNT.
const (
	maxMinCount  = 1000
	minMinWithin = time.Second
	maxMinWithin = 24 * time.Hour
)

// minCounts are the entries of MIN_COUNT; the first that matches counts.
type minCounts []minCount

type minCount struct {
	selector selector
	min      MinCount // as written, its N at least 1
}

// parseMinCounts reads entries separated by semicolons:
//
//	reason=BackOff: 5 in 10m; type=Warning: 2 in 1h
//
// An entry is a selector as in a Filter, a colon, a count and a time as Go
// writes durations. Within MIN_COUNT a colon outside quotes ends the selector,
// so a value that contains one is quoted.
func parseMinCounts(s string) (minCounts, error) {
	if s == "" {
		return nil, nil
	}
	p := newParser(s, "MIN_COUNT", ":")
	return entries(p, p.minCount)
}

func (p *filterParser) minCount() (minCount, error) {
	sel, err := p.selector()
	if err != nil {
		return minCount{}, err
	}
	if !p.atMark() {
		return minCount{}, p.fail(`"," or a count such as ": 5 in 10m"`)
	}
	p.tail = true
	p.next()
	e := minCount{selector: sel}
	if e.min.N, err = strconv.Atoi(p.tok.text); p.tok.kind != tokWord || err != nil {
		return minCount{}, p.fail(`a count such as 5 in 10m (a value with ":" stands in double quotes)`)
	}
	if e.min.N < 1 || e.min.N > maxMinCount {
		return minCount{}, p.fail(fmt.Sprintf("a count from 1 to %d", maxMinCount))
	}
	if p.next(); !p.tok.isWord("in") {
		return minCount{}, p.fail("in and a time, such as in 10m")
	}
	p.next()
	e.min.Within, err = time.ParseDuration(p.tok.text)
	if p.tok.kind != tokWord || err != nil || e.min.Within < minMinWithin || e.min.Within > maxMinWithin {
		return minCount{}, p.fail("a time from 1s to 24h, such as 10m or 1h30m")
	}
	if p.next(); p.tok.kind != tokEnd && !p.tok.isSymbol(";") {
		return minCount{}, p.fail(`";" or the end of MIN_COUNT`)
	}
	return e, nil
}

// first is the index of the first entry that matches, -1 if none does.
func (m minCounts) first(a *Alert) int {
	for i := range m {
		if m[i].selector.unmet(a) < 0 {
			return i
		}
	}
	return -1
}

// least is the MinCount as Judge gives it: one occurrence is at once.
func (m minCount) least() MinCount {
	if m.min.N == 1 {
		return MinCount{}
	}
	return m.min
}

// String is the form that parseMinCounts reads.
func (m minCounts) String() string {
	parts := make([]string, len(m))
	for i := range m {
		parts[i] = m[i].String()
	}
	return strings.Join(parts, "; ")
}

func (m minCount) String() string { return m.selector.String() + ": " + m.min.String() }

// String is the MinCount as MIN_COUNT writes it: "5 in 10m".
func (m MinCount) String() string { return fmt.Sprintf("%d in %s", m.N, Brief(m.Within)) }

// Brief is a duration without the zeros at its end: 10m, not 10m0s.
func Brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

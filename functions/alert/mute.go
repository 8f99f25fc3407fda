package alert

import (
	"strings"
	"time"
)

// maxEntries bounds MUTE and MIN_COUNT, so that a Judge is cheap and the
// entries that match fit one word.
const maxEntries = 64

// searched is how far ahead the end of a mute is looked for: the week after
// which windows repeat, and a day for what a change of the clock moves.
const searched = 8 * 24 * time.Hour

// mutes are the entries of MUTE.
type mutes []mute

// mute silences what meets its selector, within its windows, or for good where
// it has none.
type mute struct {
	selector selector
	windows  []window
	spans    week // of the windows
}

// parseMutes reads entries separated by semicolons:
//
//	reason=Unhealthy @ 22:00-07:00 or sat,sun; namespace=sandbox
//
// An entry is a selector as in a Filter, and optionally @ and time windows
// separated by the word or. A window is weekdays, times or both: mon-fri
// 22:00-07:00. Within MUTE the character @ begins the windows wherever it
// stands outside quotes, so a value that contains it is quoted, and a comma
// after @ lists weekdays.
func parseMutes(s string) (mutes, error) {
	if s == "" {
		return nil, nil
	}
	p := newParser(s, "MUTE", "@")
	return entries(p, p.mute)
}

func (p *filterParser) mute() (mute, error) {
	sel, err := p.selector()
	if err != nil {
		return mute{}, err
	}
	e := mute{selector: sel}
	switch {
	case p.tok.kind == tokEnd || p.tok.isSymbol(";"):
		return e, nil
	case !p.atMark():
		return mute{}, p.fail(`",", " @ " and time windows, ";" or the end of MUTE`)
	}
	mark := p.tok.column
	p.tail = true
	if e.windows, err = p.windows(); err != nil {
		return mute{}, err
	}
	if e.spans = spansOf(e.windows); e.spans.whole() {
		return mute{}, &SyntaxError{Column: mark, Found: "windows without an end", Want: "the whole week to be written without @, which mutes for good"}
	}
	return e, nil
}

// entries reads entries separated by semicolons to the end.
func entries[E any](p *filterParser, entry func() (E, error)) ([]E, error) {
	var all []E
	for {
		e, err := entry()
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		if p.tok.kind == tokEnd {
			return all, nil
		}
		if len(all) == maxEntries {
			return nil, p.fail("at most 64 entries")
		}
		p.tail = false
		p.next()
	}
}

// matching is the set of entries with windows that match, a bit each, and the
// index of the first one that mutes for good, -1 if none does.
func (m mutes) matching(a *Alert) (set uint64, forGood int) {
	for i := range m {
		if m[i].selector.unmet(a) >= 0 {
			continue
		}
		if len(m[i].spans) == 0 {
			return 0, i
		}
		set |= 1 << i
	}
	return set, -1
}

// mutedFor is how long from now on there is always an entry of the set that
// mutes.
func (m mutes) mutedFor(set uint64, now time.Time, zone *time.Location) time.Duration {
	if set == 0 {
		return 0
	}
	// Without its monotonic reading: what ends here ends by the clock's face.
	now = now.Round(0).In(zone)
	end, limit := now, now.Add(searched)
	for goesOn := true; goesOn && end.Before(limit); {
		goesOn = false
		for i := range m {
			if set>>i&1 == 0 {
				continue
			}
			if e := m[i].spans.end(end, limit); e.After(end) {
				end, goesOn = e, true
			}
		}
	}
	return min(end.Sub(now), searched)
}

// String is the form that parseMutes reads.
func (m mutes) String() string {
	parts := make([]string, len(m))
	for i := range m {
		parts[i] = m[i].String()
	}
	return strings.Join(parts, "; ")
}

func (m mute) String() string {
	if len(m.windows) == 0 {
		return m.selector.String()
	}
	parts := make([]string, len(m.windows))
	for i, w := range m.windows {
		parts[i] = w.String()
	}
	return m.selector.String() + " @ " + strings.Join(parts, " or ")
}

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// story names a group as its cards do: "BackOff Pod chaos/camera".
type story string

// telling is what one card says of one story: it had told before already, and
// now tells total.
type telling struct {
	story         story
	before, total int64
}

// reading is one card as a person reads it.
type reading struct {
	id       string // the short id at its foot
	digest   bool
	tellings []telling
	notices  []string // lines about Edgebell itself
}

// The words of CARD_LANGUAGE=en.
var (
	headline  = regexp.MustCompile(`^(\S+) · (?:(\d+) more, )?×(\d+)(?:$|[ ,])`)
	digestRow = regexp.MustCompile(`^(?:🔴|🟠|🔵|🟢) (?:.* )?\(?([^\s()]+)\)? · (\S+ \S+)$`)
	shortRow  = regexp.MustCompile(`^(?:🔴|🟠|🔵|🟢) .* · ×(\d+)`)
	counted   = regexp.MustCompile(`^(?:(\d+) more, )?×(\d+)(?:$|[ ,])`)
	foot      = regexp.MustCompile(`\bid ([0-9a-f]{8})\b`)
	digestOf  = regexp.MustCompile(`(\d+) groups of alerts, (\d+) occurrences`)
)

// read reads a card of any schema. It fails on a card that it does not
// understand: what cannot be read cannot be counted.
func read(m feishutest.Message) (reading, error) {
	var lines []string
	for _, t := range m.Texts {
		lines = append(lines, strings.Split(t, "\n")...)
	}
	r := reading{digest: digestOf.MatchString(m.Title)}
	for i, line := range lines {
		if id := foot.FindStringSubmatch(line); id != nil {
			r.id = id[1]
		}
		switch {
		case strings.HasPrefix(line, "⚠ "):
			r.notices = append(r.notices, strings.TrimPrefix(line, "⚠ "))
		case r.digest:
			if err := r.row(line, lines[i+1:]); err != nil {
				return r, fmt.Errorf("read card %d: %w", m.N, err)
			}
		case len(r.tellings) == 0:
			r.single(m.Title, line)
		}
	}
	if r.id == "" || (len(r.tellings) == 0 && len(r.notices) == 0) {
		return r, fmt.Errorf("read card %d: nothing is told, or there is no id:\n%s", m.N, m.Plain())
	}
	return r, nil
}

// single reads the headline of a card about one story; its title ends with the
// place.
func (r *reading) single(title, line string) {
	is := headline.FindStringSubmatch(line)
	_, place, ok := cutLast(title, " · ")
	if is == nil || !ok {
		return
	}
	r.tellings = append(r.tellings, told(is[1], place, is[2], is[3]))
}

// row reads one story of a digest, which takes two lines.
func (r *reading) row(line string, rest []string) error {
	if shortRow.MatchString(line) {
		return fmt.Errorf("the row %q gives no total", line)
	}
	is := digestRow.FindStringSubmatch(line)
	if is == nil {
		return nil
	}
	if len(rest) > 0 {
		if n := counted.FindStringSubmatch(rest[0]); n != nil {
			r.tellings = append(r.tellings, told(is[1], is[2], n[1], n[2]))
			return nil
		}
	}
	return fmt.Errorf("the row %q is not counted", line)
}

func told(reason, place, fresh, total string) telling {
	t := telling{story: story(reason + " " + place), total: number(total)}
	if fresh != "" {
		t.before = t.total - number(fresh)
	}
	return t
}

// number reads digits that a pattern has matched.
func number(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return -1 // too long to be true
	}
	return n
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

package alert

import (
	"fmt"
	"time"
)

// Explain says in the order in which the clauses decide what each makes of the
// Alert, one line each, up to the one that settles it. The last line says what
// happens: "told at once", "told after 5 within 10m", "muted until …, then …",
// or "ignored: " and the clause. It agrees with Judge of the same arguments.
// Text from the cluster is quoted.
func (c Conditions) Explain(a Alert, now time.Time, sure bool) []string {
	filter := "FILTER: " + c.filter.Explain(a)
	if !c.filter.Match(a) {
		return []string{"ignored: " + filter}
	}
	message := "FILTER_MESSAGE: " + c.message.explain(a.Message)
	if !c.message.match(a.Message) {
		return []string{filter, "ignored: " + message}
	}
	mute := "MUTE: " + c.mutes.explain(a, now, sure, c.zone)
	v := c.Judge(a, now, sure)
	if v.Muted {
		return []string{filter, message, "ignored: " + mute}
	}
	return []string{filter, message, mute, "MIN_COUNT: " + c.minCounts.explain(a), c.outcome(v, now)}
}

// outcome is the last line about an Alert that rings.
func (c Conditions) outcome(v Verdict, now time.Time) string {
	told := "told at once"
	if v.Min != (MinCount{}) {
		told = fmt.Sprintf("told after %d within %s", v.Min.N, Brief(v.Min.Within))
	}
	switch {
	case v.MutedFor == 0:
		return told
	case v.MutedFor == searched:
		return fmt.Sprintf("muted for %s at least, for the windows leave no gap", Brief(searched))
	}
	end := now.Add(v.MutedFor).In(c.zone).Format("Mon 2006-01-02 15:04 MST")
	return fmt.Sprintf("muted until %s, then %s", end, told)
}

func (m messageFilter) explain(message string) string {
	if m.re == nil {
		return "not set"
	}
	verdict, does, rule := "no match", "does not match", ""
	if m.match(message) {
		verdict = "match"
	}
	if m.re.MatchString(message) {
		does = "matches"
	}
	if m.not {
		rule = ", which it must not match"
	}
	return fmt.Sprintf("%s: the message %s %q%s", verdict, does, m.re, rule)
}

// explain names the entry that mutes; else the first that could.
func (m mutes) explain(a Alert, now time.Time, sure bool, zone *time.Location) string {
	if len(m) == 0 {
		return "not set"
	}
	set, forGood := m.matching(&a)
	if forGood >= 0 {
		return fmt.Sprintf("entry %d of %d, for good: %s", forGood+1, len(m), m[forGood])
	}
	open := "no entry matches"
	for i := range m {
		if set>>i&1 == 0 {
			continue
		}
		entry := fmt.Sprintf("entry %d of %d", i+1, len(m))
		switch {
		case !sure:
			return fmt.Sprintf("%s does not mute while nobody vouches for the clock: %s", entry, m[i])
		case m.mutedFor(1<<i, now, zone) > 0:
			return fmt.Sprintf("%s mutes now: %s", entry, m[i])
		case open[0] == 'n':
			open = fmt.Sprintf("%s matches, but not now: %s", entry, m[i])
		}
	}
	return open
}

func (m minCounts) explain(a Alert) string {
	i := m.first(&a)
	switch {
	case len(m) == 0:
		return "not set"
	case i < 0:
		return "no entry matches, so once is enough"
	}
	return fmt.Sprintf("entry %d of %d: %s", i+1, len(m), m[i])
}

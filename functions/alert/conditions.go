package alert

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// ConditionsConfig is the environment of Conditions. Selectors are those of
// ParseFilter.
type ConditionsConfig struct {
	Filter string `env:"FILTER, default=type=Warning"`
	// FilterMessage is an RE2 pattern that the message must match, or must not
	// when it begins with !.
	FilterMessage string `env:"FILTER_MESSAGE"`
	// Mute holds entries such as "namespace=sandbox", which mutes for good, and
	// "type=Warning @ mon-fri 22:00-07:00 or sat,sun", separated by semicolons.
	// A window over midnight belongs to the weekday on which it begins. Here a
	// value with @ stands in double quotes.
	Mute string `env:"MUTE"`
	// MinCount holds entries such as "reason=BackOff: 5 in 10m", separated by
	// semicolons, of which the first that matches counts: 1 to 1000 times in 1s
	// to 24h. Here a value with a colon stands in double quotes.
	MinCount string `env:"MIN_COUNT"`
}

// defaultFilter stands in where no lookuper has applied the tags.
const defaultFilter = "type=Warning"

// Conditions say what of an Alert is told, and when. Begin with
// ParseConditions; the zero Conditions tell nothing. They are safe for
// concurrent use.
type Conditions struct {
	filter    Filter
	message   messageFilter
	mutes     mutes
	minCounts minCounts
	zone      *time.Location
}

// ParseConditions reads the four variables; zone is where the times of MUTE
// are read off the wall, nil is UTC. Every mistake is refused: the error joins
// one per variable, each "NAME: column 7: found …, want …" and a *SyntaxError.
func ParseConditions(cfg ConditionsConfig, zone *time.Location) (Conditions, error) {
	c := Conditions{zone: cmp.Or(zone, time.UTC)}
	var err error
	var errs []error
	note := func(name string) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	c.filter, err = ParseFilter(cmp.Or(cfg.Filter, defaultFilter))
	note("FILTER")
	c.message, err = parseMessage(cfg.FilterMessage)
	note("FILTER_MESSAGE")
	c.mutes, err = parseMutes(cfg.Mute)
	note("MUTE")
	c.minCounts, err = parseMinCounts(cfg.MinCount)
	note("MIN_COUNT")
	if errs != nil {
		return Conditions{}, errors.Join(errs...)
	}
	return c, nil
}

// Verdict is what Conditions make of one Alert. Why it is so, Explain says: it
// allocates, and a Verdict is wanted for every Event.
type Verdict struct {
	// Rings is false when the Alert is filtered out or muted for good.
	Rings bool
	// Muted says that it was a mute without a window that made Rings false.
	Muted bool
	// MutedFor is how long an Alert that rings is not told yet; zero when no
	// window mutes it now. It ends when no entry mutes it any more, and is at
	// most eight days: if it is muted still, judging again then says so.
	MutedFor time.Duration
	// Min is how often it must happen before it is told, zero for at once.
	Min MinCount
}

// MinCount is N occurrences within a time; the zero MinCount asks for none.
type MinCount struct {
	N      int
	Within time.Duration
}

// Judge says what becomes of the Alert at the moment now. The clauses decide
// in the order FILTER, FILTER_MESSAGE, MUTE, MIN_COUNT. When nobody vouches for
// the clock (sure is false), windows do not mute: better loud than silent.
func (c Conditions) Judge(a Alert, now time.Time, sure bool) Verdict {
	if !c.filter.match(&a) || !c.message.match(a.Message) {
		return Verdict{}
	}
	matching, forGood := c.mutes.matching(&a)
	if forGood >= 0 {
		return Verdict{Muted: true}
	}
	v := Verdict{Rings: true}
	if sure {
		v.MutedFor = c.mutes.mutedFor(matching, now, c.zone)
	}
	if i := c.minCounts.first(&a); i >= 0 {
		v.Min = c.minCounts[i].least()
	}
	return v
}

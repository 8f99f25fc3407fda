package card

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/edgebell/edgebell/functions/alert"
)

// Severity of an alert, shown by colour.
type Severity int

// The severities, the gravest last.
const (
	unstated Severity = iota // the Event's type decides
	Info                     // Normal events that the filter lets through
	Warning
	Critical // the node, its memory or disk, or stored data is in danger
)

// SeverityOf says how grave an alert is. NodeNotReady and its like are Normal
// events in Kubernetes; the reason decides before the type does.
//
// What a namespace's writers say of another's object, or of a node, is at most
// a warning: it may be untrue.
func SeverityOf(a alert.Alert) Severity {
	if a.Foreign() {
		return min(statedSeverity(a), Warning)
	}
	return statedSeverity(a)
}

func statedSeverity(a alert.Alert) Severity {
	if m := meaningOf(a); m.severity != unstated {
		return m.severity
	}
	switch {
	case a.Type == "Normal":
		return Info
	case a.Kind == "Node":
		return Critical
	}
	return Warning
}

// severityNow is Info once it is over.
func severityNow(g alert.Group) Severity {
	if g.State == alert.Recovered {
		return Info
	}
	return SeverityOf(g.Newest)
}

// meaning is what a reason says to a person, and what it usually comes from.
type meaning struct {
	reason         string
	kind           string // only for objects of this kind; empty: any
	match          string // only when the message holds this, in lower case
	severity       Severity
	zh, en         string
	hintZH, hintEN string
}

// meaningOf finds the first entry that fits; zero when the reason is not known
// and can only stand for itself.
func meaningOf(a alert.Alert) meaning {
	var message string
	for _, table := range [][]meaning{podMeanings, nodeMeanings, workMeanings} {
		for _, m := range table {
			if m.reason != a.Reason || m.kind != "" && m.kind != a.Kind {
				continue
			}
			if m.match == "" {
				return m
			}
			if message == "" {
				message = strings.ToLower(truncate(a.Message, maxMessage))
			}
			if strings.Contains(message, m.match) {
				return m
			}
		}
	}
	return meaning{}
}

// say is the reason in words; the raw reason where there are none.
func (r *Renderer) say(a alert.Alert) string {
	if s := r.words.pick(meaningOf(a).zh, meaningOf(a).en); s != "" {
		return s
	}
	return named(a.Reason, maxField)
}

// hint is what the reason usually comes from; empty when not known.
func (r *Renderer) hint(a alert.Alert) string {
	m := meaningOf(a)
	s := r.words.pick(m.hintZH, m.hintEN)
	if s == "" {
		return ""
	}
	return r.words.usually + s
}

// gravest orders groups for a digest: severity, then what is new, then the
// latest, then the fingerprint, so that the order is always the same.
func gravest(groups []alert.Group, route string) []int {
	order := make([]int, len(groups))
	severity := make([]Severity, len(groups))
	for i := range order {
		order[i], severity[i] = i, severityNow(groups[i])
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := &groups[i], &groups[j]
		return cmp.Or(
			cmp.Compare(severity[j], severity[i]),
			cmp.Compare(b.Undelivered(route), a.Undelivered(route)),
			b.Last.Compare(a.Last),
			bytes.Compare(a.Fingerprint[:], b.Fingerprint[:]),
			cmp.Compare(i, j),
		)
	})
	return order
}

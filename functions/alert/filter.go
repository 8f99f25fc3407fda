package alert

import (
	"fmt"
	"slices"
	"strings"
)

// Filter says which Alerts matter. It is one or more Kubernetes set-based
// selectors; an Alert that meets any of them matches. Begin with ParseFilter;
// the zero Filter matches nothing.
//
// The meaning is that of label selectors, an empty field being an absent
// label: != and notin also match where the field is empty.
type Filter struct{ selectors []selector }

// selector is met when all its clauses are.
type selector []clause

type clause struct {
	key    string
	op     operator
	values []string // of opIn and opNotIn, none of them empty
}

type operator int

const (
	opExists operator = iota
	opAbsent
	opIn // = and == are opIn with one value
	opNotIn
)

// filterKeys are the fields of an Alert that a Filter reads.
var filterKeys = []string{"type", "reason", "namespace", "kind", "name", "component", "node", "severity", "writer"}

func fieldOf(a *Alert, key string) string {
	switch key {
	case "type":
		return a.Type
	case "reason":
		return a.Reason
	case "namespace":
		return a.Namespace
	case "kind":
		return a.Kind
	case "name":
		return a.Name
	case "component":
		return a.Component
	case "node":
		return a.Node
	case "writer":
		return a.Writer()
	case "severity":
		return a.Severity
	}
	return ""
}

// Everything is the Filter that every Alert meets: what an expression that may
// be left out stands for when it is. ParseFilter refuses the empty one, for an
// empty FILTER is a mistake. Its String is empty.
func Everything() Filter { return Filter{selectors: []selector{{}}} }

// Match says whether the Alert meets one of the selectors.
func (f Filter) Match(a Alert) bool { return f.match(&a) }

func (f Filter) match(a *Alert) bool {
	for _, s := range f.selectors {
		if s.unmet(a) < 0 {
			return true
		}
	}
	return false
}

// Explain says in one line which selector the Alert meets, or which clause of
// each it does not.
func (f Filter) Explain(a Alert) string {
	if len(f.selectors) == 0 {
		return "no match: the filter is empty"
	}
	var unmet []string
	for i, s := range f.selectors {
		at := s.unmet(&a)
		if at < 0 && len(s) == 0 {
			return "match: everything does"
		}
		if at < 0 {
			return fmt.Sprintf("match: selector %d of %d: %s", i+1, len(f.selectors), s)
		}
		unmet = append(unmet, fmt.Sprintf("selector %d of %d: %s, but %s is %s",
			i+1, len(f.selectors), s[at], s[at].key, describe(fieldOf(&a, s[at].key))))
	}
	return "no match: " + strings.Join(unmet, "; ")
}

func describe(value string) string {
	if value == "" {
		return "empty"
	}
	return fmt.Sprintf("%q", value)
}

// unmet is the index of the first clause that the Alert does not meet, -1 if
// it meets all.
func (s selector) unmet(a *Alert) int {
	for i := range s {
		if !s[i].match(a) {
			return i
		}
	}
	return -1
}

func (c clause) match(a *Alert) bool {
	value := fieldOf(a, c.key)
	switch c.op {
	case opExists:
		return value != ""
	case opAbsent:
		return value == ""
	case opIn:
		return slices.Contains(c.values, value)
	default:
		return !slices.Contains(c.values, value)
	}
}

// String is the Filter in the form that ParseFilter reads.
func (f Filter) String() string {
	parts := make([]string, len(f.selectors))
	for i, s := range f.selectors {
		parts[i] = s.String()
	}
	return strings.Join(parts, "; ")
}

func (s selector) String() string {
	parts := make([]string, len(s))
	for i, c := range s {
		parts[i] = c.String()
	}
	return strings.Join(parts, ",")
}

func (c clause) String() string {
	switch {
	case c.op == opExists:
		return c.key
	case c.op == opAbsent:
		return "!" + c.key
	case c.op == opIn && len(c.values) == 1:
		return c.key + "=" + quote(c.key, c.values[0])
	case c.op == opIn:
		return c.key + " in " + c.list()
	case len(c.values) == 1:
		return c.key + "!=" + quote(c.key, c.values[0])
	default:
		return c.key + " notin " + c.list()
	}
}

func (c clause) list() string {
	quoted := make([]string, len(c.values))
	for i, v := range c.values {
		quoted[i] = quote(c.key, v)
	}
	return "(" + strings.Join(quoted, ",") + ")"
}

// quote writes a value plainly where that can be read back in every grammar:
// the marks of MUTE and MIN_COUNT stand in quotes.
func quote(key, value string) string {
	if onlyOf(value, wordChars) && !strings.ContainsAny(value, "@:") && checkBare(key, value) == "" {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

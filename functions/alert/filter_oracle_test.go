package alert

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"
)

// labelSet is the Alert as labels: an empty field is an absent label.
func labelSet(a Alert) labels.Set {
	set := labels.Set{}
	for _, key := range filterKeys {
		if v := fieldOf(&a, key); v != "" {
			set[key] = v
		}
	}
	return set
}

var oracleValues = []string{"Warning", "Normal", "Pod", "a", "b", "in", "notin", "a.b_c-d", "x1"}

func drawAlert(t *rapid.T) Alert {
	value := func(label string) string {
		return rapid.SampledFrom(append([]string{""}, oracleValues...)).Draw(t, label)
	}
	return Alert{
		Type: value("type"), Reason: value("reason"), Namespace: value("namespace"), Kind: value("kind"),
		Name: value("name"), Component: value("component"), Node: value("node"),
		Severity: rapid.SampledFrom(append([]string{""}, severities...)).Draw(t, "severity"),
	}
}

// deliberate says whether the refusal is one that ParseFilter documents, for a
// selector that the label parser takes.
func deliberate(selector string, err error) bool {
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		return false
	}
	switch {
	case strings.TrimLeft(selector, " \t\r\n") == "": // matches everything
		return true
	case strings.HasPrefix(syntax.Want, "a value ("): // an empty one
		return true
	case syntax.Found == `"<"` || syntax.Found == `">"`:
		return true
	}
	found := strings.Trim(syntax.Found, `"`)
	if strings.HasPrefix(syntax.Want, "a key:") {
		return !slices.Contains(filterKeys, found)
	}
	return syntax.Want == oneOf(severities) || syntax.Want == "Warning" || syntax.Want == "Normal"
}

// checkOracle compares with the label parser, and says whether both took the
// selector.
func checkOracle(t *rapid.T, selector string) bool {
	oracle, oracleErr := labels.Parse(selector)
	f, err := ParseFilter(selector)
	if oracleErr == nil && err != nil && !deliberate(selector, err) {
		t.Fatalf("%q: the label parser takes it: %v", selector, err)
	}
	if oracleErr != nil && err == nil {
		t.Fatalf("%q: the label parser refuses it: %v", selector, oracleErr)
	}
	if oracleErr != nil || err != nil {
		return false
	}
	a := drawAlert(t)
	if got, want := f.Match(a), oracle.Matches(labelSet(a)); got != want {
		t.Fatalf("%q on %+v: %v, the label parser says %v", selector, a, got, want)
	}
	return true
}

// Selectors of the grammar: both parsers take all of them, and agree.
func TestFilterAgreesWithLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		space := func() string { return rapid.SampledFrom([]string{"", "", " ", "\t", "\n  "}).Draw(t, "space") }
		var values []string
		value := func() string { return rapid.SampledFrom(values).Draw(t, "value") }
		clause := func() string {
			key := rapid.SampledFrom(filterKeys).Draw(t, "key")
			if values = oracleValues; key == "severity" {
				values = severities
			}
			switch op := rapid.SampledFrom([]string{"", "!", "=", "==", "!=", "in", "notin"}).Draw(t, "op"); op {
			case "":
				return key + space()
			case "!":
				return "!" + space() + key + space()
			case "in", "notin":
				list := value()
				for range rapid.IntRange(0, 3).Draw(t, "more") {
					list += space() + "," + space() + value()
				}
				return key + " " + op + space() + "(" + space() + list + space() + ")" + space()
			default:
				return key + space() + op + space() + value() + space()
			}
		}
		selector := space() + clause()
		for range rapid.IntRange(0, 3).Draw(t, "clauses") {
			selector += "," + space() + clause()
		}
		if !checkOracle(t, selector) {
			t.Fatalf("%q: not taken by both", selector)
		}
	})
}

// Any sequence of the grammar's words: neither parser takes what the other
// refuses, the documented refusals aside.
func TestFilterRefusesWithLabels(t *testing.T) {
	words := append([]string{
		"=", "==", "!=", "!", ",", "(", ")", "in", "notin", " ", " ", "\t", "<", ">", "7", "warning", "-", "key", "a/b",
		"type", "type", "node", "node", "a", "Warning",
	}, filterKeys...)
	rapid.Check(t, func(t *rapid.T) {
		selector := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 12).Draw(t, "words"), "")
		// A value that no label may have is the one thing taken in addition.
		if _, err := ParseFilter(selector); err == nil && strings.ContainsAny(selector, "/-") {
			t.Skip("not a label value")
		}
		checkOracle(t, selector)
	})
}

func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{
		"type=Warning", "type=Warning,reason notin (Unhealthy); kind=Node,reason in (NodeNotReady)",
		`name="a \"b\" \\",!node`, "node in (a,,b)", "type=Warning，node", "\"\\", "reason=\"\xff", "a\x00",
	} {
		f.Add(s, "Warning", "BackOff", "pi-2")
	}
	f.Fuzz(func(t *testing.T, s, typ, reason, node string) {
		filter, err := ParseFilter(s)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Column < 1 || syntax.Column > len(s)+1 || syntax.Found == "" || syntax.Want == "" {
				t.Errorf("%q: error %#v", s, err)
			}
			return
		}
		checkRoundTrip(t, filter)
		a := Alert{Type: typ, Reason: reason, Node: node}
		if got := strings.HasPrefix(filter.Explain(a), "match: "); got != filter.Match(a) {
			t.Errorf("%q on %+v: Explain says %v, Match %v", s, a, got, !got)
		}
	})
}

package alert

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawSelector makes one of any values that can be written.
func drawSelector(t *rapid.T) selector {
	clauses := rapid.Custom(func(t *rapid.T) clause {
		c := clause{
			key: rapid.SampledFrom(filterKeys).Draw(t, "key"),
			op:  operator(rapid.IntRange(int(opExists), int(opNotIn)).Draw(t, "op")),
		}
		if c.op == opExists || c.op == opAbsent {
			return c
		}
		value := rapid.OneOf(
			rapid.StringN(1, 12, -1),
			rapid.StringOfN(rapid.SampledFrom([]rune(`ab@:;,"\ -()!=`)), 1, 8, -1),
			rapid.SampledFrom([]string{"or", "in", "@", ":", "warning", "a @ sat", "x: 5 in 10m", "22:00-07:00"}),
		)
		if c.key == "severity" {
			value = rapid.SampledFrom(severities)
		}
		c.values = rapid.SliceOfN(value, 1, 3).Draw(t, "values")
		return c
	})
	return rapid.SliceOfN(clauses, 1, 3).Draw(t, "clauses")
}

func drawMute(t *rapid.T) mute {
	m := mute{selector: drawSelector(t)}
	if n := rapid.IntRange(0, 3).Draw(t, "windows"); n > 0 {
		m.windows = rapid.SliceOfN(rapid.Custom(drawWindow), n, n).Draw(t, "windows")
		m.spans = spansOf(m.windows)
	}
	return m
}

// Whatever the values hold, what String writes is read back as the same.
func TestConditionsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Filter{selectors: rapid.SliceOfN(rapid.Custom(drawSelector), 1, 3).Draw(t, "filter")}
		if again, err := ParseFilter(f.String()); err != nil || !reflect.DeepEqual(again, f) {
			t.Fatalf("FILTER %s is read back as %s: %v", f, again, err)
		}
		m := mutes(rapid.SliceOfN(rapid.Custom(drawMute).Filter(func(m mute) bool { return !m.spans.whole() }), 1, 3).Draw(t, "mutes"))
		if again, err := parseMutes(m.String()); err != nil || !reflect.DeepEqual(again, m) {
			t.Fatalf("MUTE %s is read back as %s: %v", m, again, err)
		}
		n := minCounts(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) minCount {
			return minCount{drawSelector(t), MinCount{
				N:      rapid.IntRange(1, maxMinCount).Draw(t, "n"),
				Within: time.Duration(rapid.Int64Range(int64(minMinWithin), int64(maxMinWithin)).Draw(t, "within")),
			}}
		}), 1, 3).Draw(t, "min"))
		if again, err := parseMinCounts(n.String()); err != nil || !reflect.DeepEqual(again, n) {
			t.Fatalf("MIN_COUNT %s is read back as %s: %v", n, again, err)
		}
	})
}

// checkExplained holds Explain to Judge.
func checkExplained(t interface{ Errorf(string, ...any) }, c Conditions, a Alert, now time.Time, sure bool) {
	v, lines := c.Judge(a, now, sure), c.Explain(a, now, sure)
	last := lines[len(lines)-1]
	var want bool
	switch {
	case v.Muted:
		want = strings.HasPrefix(last, "ignored: MUTE: ") && !v.Rings
	case !v.Rings:
		want = strings.HasPrefix(last, "ignored: FILTER")
	case v.MutedFor > 0:
		want = strings.HasPrefix(last, "muted ") && sure
	case v.Min.N > 0:
		want = last == "told after "+strings.Replace(v.Min.String(), " in ", " within ", 1)
	default:
		want = last == "told at once"
	}
	if !want || strings.ContainsAny(strings.Join(lines, ""), "\n\r\x00") {
		t.Errorf("verdict %+v on %+v, but the explanation is %q", v, a, lines)
	}
}

func TestExplainAgreesWithJudge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"type", "node=a", "reason!=b", "kind in (a,b)", "severity=critical", "!node"})
		cfg := ConditionsConfig{
			Filter:        word.Draw(t, "filter") + ";" + word.Draw(t, "filter"),
			FilterMessage: rapid.SampledFrom([]string{"", "a", "!a", "^b"}).Draw(t, "pattern"),
		}
		if rapid.Bool().Draw(t, "mutes") {
			when := rapid.SampledFrom([]string{"", " @ 22:00-07:00", " @ 07:00-22:00 or sat"})
			cfg.Mute = word.Draw(t, "mute") + when.Draw(t, "when") + ";" + word.Draw(t, "mute") + when.Draw(t, "when")
		}
		if rapid.Bool().Draw(t, "counts") {
			cfg.MinCount = word.Draw(t, "min") + ": 1 in 1m;" + word.Draw(t, "min") + ": 5 in 1h30m"
		}
		c, err := ParseConditions(cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		a := drawAlert(t)
		a.Message = rapid.SampledFrom([]string{"", "a", "b\n", "ba"}).Draw(t, "message")
		now := tuesday23.Add(time.Duration(rapid.IntRange(0, 10000).Draw(t, "minutes")) * time.Minute)
		checkExplained(t, c, a, now, rapid.Bool().Draw(t, "sure"))
	})
}

func FuzzParseConditions(f *testing.F) {
	for _, s := range [][3]string{
		{"", "", ""},
		{"(?i)back-?off", "reason=Unhealthy @ 22:00-07:00 or sat,sun; namespace=sandbox", "reason=BackOff: 5 in 10m; type: 2 in 1h"},
		{"!^pull", `name="a @ b; c"@mon-fri 00:00-24:00`, `name="x: 5 in 1m": 1000 in 1s`},
		{"!", "type @ 00:00-24:00", "node=a:b: 5 in 10m"},
		{"a**", "type @ mon-", "type: 99999999999999999999 in 1m"},
		{"(?!x", "type @ sat \xff", "type: 5 in 10m\x00"},
		{"a\xffb", "type ＠ sat", "type：5 in 10m"},
		{"[a-", "type @ fri-mon 23:59-00:00 or", "type: 1 in 24h"},
	} {
		f.Add(s[0], s[1], s[2], "Warning", "BackOff", "Back-off restarting", int64(1_795_561_200))
	}
	zone := mustZone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, pattern, mute, minCount, typ, reason, message string, unix int64) {
		cfg := ConditionsConfig{FilterMessage: pattern, Mute: mute, MinCount: minCount}
		for _, one := range []ConditionsConfig{{FilterMessage: pattern}, {Mute: mute}, {MinCount: minCount}} {
			_, err := ParseConditions(one, zone)
			var syntax *SyntaxError
			length := len(one.FilterMessage) + len(one.Mute) + len(one.MinCount)
			if err != nil && (!errors.As(err, &syntax) || syntax.Column < 1 || syntax.Column > length+1 || syntax.Found == "" || syntax.Want == "") {
				t.Errorf("%+v: error %#v", one, err)
			}
		}
		c, err := ParseConditions(cfg, zone)
		if err != nil {
			return
		}
		if again, err := parseMutes(c.mutes.String()); err != nil || !reflect.DeepEqual(again, c.mutes) {
			t.Errorf("MUTE %s is read back as %s: %v", c.mutes, again, err)
		}
		if again, err := parseMinCounts(c.minCounts.String()); err != nil || !reflect.DeepEqual(again, c.minCounts) {
			t.Errorf("MIN_COUNT %s is read back as %s: %v", c.minCounts, again, err)
		}
		a := Alert{Type: typ, Reason: reason, Message: message}
		now := time.Unix(unix%(1<<33), 0)
		checkExplained(t, c, a, now, true)
		checkExplained(t, c, a, now, false)
	})
}

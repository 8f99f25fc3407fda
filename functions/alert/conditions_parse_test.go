package alert

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	anyKey    = "a key: type, reason, namespace, kind, name, component, node, severity or writer"
	afterMute = `",", " @ " and time windows, ";" or the end of MUTE`
	afterWhen = `" or " and another window, ";" or the end of MUTE`
	aCount    = `a count such as 5 in 10m (a value with ":" stands in double quotes)`
	aTime     = "a time from 1s to 24h, such as 10m or 1h30m"
)

// checkRefusals parses each text as one variable and compares the error.
func checkRefusals(t *testing.T, name string, config func(string) ConditionsConfig, tests [][2]string) {
	t.Helper()
	for _, tt := range tests {
		c, err := ParseConditions(config(tt[0]), nil)
		if err == nil {
			t.Errorf("%s %q: taken", name, tt[0])
			continue
		}
		if diff := cmp.Diff(name+": "+tt[1], err.Error()); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", name, tt[0], diff)
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s %q: no *SyntaxError in %v", name, tt[0], err)
		}
		if c.Judge(podAlert, tuesday23, true) != (Verdict{}) {
			t.Errorf("%s %q: the Conditions beside an error tell", name, tt[0])
		}
	}
}

func TestParseMuteErrors(t *testing.T) {
	checkRefusals(t, "MUTE", func(s string) ConditionsConfig { return ConditionsConfig{Mute: s} }, [][2]string{
		{" ", "column 2: found the end of MUTE, want " + anyKey},
		{"type=Normal;", "column 13: found the end of MUTE, want " + anyKey},
		{"@ 22:00-07:00", `column 1: found "@", want ` + anyKey},
		{"reason=@ 22:00-07:00", `column 8: found "@", want a value (!reason meets an empty reason, reason any other)`},
		{"node in (a@b)", `column 11: found "@", want "," or ")"`},
		{"type=Normal 22:00-07:00", `column 13: found "22:00-07:00", want ` + afterMute},
		{"type@", "column 6: found the end of MUTE, want " + wantWindow},
		{"type @ ;kind", `column 8: found ";", want ` + wantWindow},
		{`type @ "22:00-07:00"`, `column 8: found "22:00-07:00", want ` + wantWindow},
		{"type @ 22:00", `column 8: found "22:00", want ` + wantHours},
		{"type @ 22:00-", `column 8: found "22:00-", want ` + wantHours},
		{"type @ 22:00 - 07:00", `column 8: found "22:00", want ` + wantHours},
		{"type @ 22:00-7:00", `column 8: found "22:00-7:00", want ` + wantHours},
		{"type @ 22:00-07:60", `column 8: found "22:00-07:60", want ` + wantHours},
		{"type @ 24:00-07:00", `column 8: found "24:00-07:00", want ` + wantHours},
		{"type @ 22:00-25:00", `column 8: found "22:00-25:00", want ` + wantHours},
		{"type @ 22:00-07:00-08:00", `column 8: found "22:00-07:00-08:00", want ` + wantHours},
		{"type @ :00-07:00", `column 8: found ":00-07:00", want ` + wantHours},
		{"type @ 07:00-07:00", `column 8: found "07:00-07:00", want an end other than the begin (the whole day is 00:00-24:00)`},
		{"type @ monday", `column 8: found "monday", want ` + wantDay},
		{"type @ mon-", `column 8: found "mon-", want ` + wantDay},
		{"type @ mon-fri-sun", `column 8: found "mon-fri-sun", want ` + wantDay},
		{"type @ mon-mon", `column 8: found "mon-mon", want a range of two days, or one day alone`},
		{"type @ mon,", "column 12: found the end of MUTE, want " + wantDay},
		{"type @ mon,22:00-07:00", `column 12: found "22:00-07:00", want ` + wantHours},
		{`type @ mon,"tue"`, `column 12: found "tue", want ` + wantDay},
		{"type @ mon tue", `column 12: found "tue", want ` + afterWhen},
		{"type @ 22:00-07:00 sat", `column 20: found "sat", want ` + afterWhen},
		{"type @ 22:00-07:00,12:00-13:00", `column 19: found ",", want ` + afterWhen},
		{"type @ 22:00-07:00 or", "column 22: found the end of MUTE, want " + wantWindow},
		{"type @ sat *", `column 12: found "*", want ` + afterWhen},
		{"type @ mon–fri", `column 11: found "–", want "-", the ASCII character`},
		{"type ＠ mon", `column 6: found "＠", want "@", the ASCII character`},
		{`kind="边缘" @ x`, `column 13: found "x", want ` + wantDay},
		{"type; kind @ 12:00-24:00 or 00:00-12:00", `column 12: found windows without an end, want the whole week to be written without @, which mutes for good`},
		{strings.Repeat("type;", 64) + "kind", `column 320: found ";", want at most 64 entries`},
		{"type @ " + strings.Repeat("sat or ", 32) + "sun", `column 229: found "or", want at most 32 windows`},
	})
}

func TestParseMinCountErrors(t *testing.T) {
	checkRefusals(t, "MIN_COUNT", func(s string) ConditionsConfig { return ConditionsConfig{MinCount: s} }, [][2]string{
		{"5 in 10m", `column 1: found "5", want ` + anyKey},
		{": 5 in 10m", `column 1: found ":", want ` + anyKey},
		{"type", `column 5: found the end of MIN_COUNT, want "," or a count such as ": 5 in 10m"`},
		{"type;kind: 5 in 10m", `column 5: found ";", want "," or a count such as ": 5 in 10m"`},
		{"type=Warning 5 in 10m", `column 14: found "5", want "," or a count such as ": 5 in 10m"`},
		{"node=a:b: 5 in 10m", `column 8: found "b:", want ` + aCount},
		{"type:", "column 6: found the end of MIN_COUNT, want " + aCount},
		{"type: five in 10m", `column 7: found "five", want ` + aCount},
		{`type: "5" in 10m`, `column 7: found "5", want ` + aCount},
		{"type: 5x", `column 7: found "5x", want ` + aCount},
		{"type: 0 in 10m", `column 7: found "0", want a count from 1 to 1000`},
		{"type: -1 in 10m", `column 7: found "-1", want a count from 1 to 1000`},
		{"type: 1001 in 10m", `column 7: found "1001", want a count from 1 to 1000`},
		{"type: 5", "column 8: found the end of MIN_COUNT, want in and a time, such as in 10m"},
		{"type: 5 per 10m", `column 9: found "per", want in and a time, such as in 10m`},
		{"type: 5 in", "column 11: found the end of MIN_COUNT, want " + aTime},
		{"type: 5 in 10", `column 12: found "10", want ` + aTime},
		{"type: 5 in 1d", `column 12: found "1d", want ` + aTime},
		{"type: 5 in 999ms", `column 12: found "999ms", want ` + aTime},
		{"type: 5 in 24h1s", `column 12: found "24h1s", want ` + aTime},
		{"type: 5 in -1m", `column 12: found "-1m", want ` + aTime},
		{"type: 5 in 10 m", `column 12: found "10", want ` + aTime},
		{"type: 5 in 10m 5s", `column 16: found "5s", want ";" or the end of MIN_COUNT`},
		{"type: 5 in 10m;", "column 16: found the end of MIN_COUNT, want " + anyKey},
		{"type：5 in 10m", `column 5: found "：", want ":", the ASCII character`},
	})
}

func TestParseMessageErrors(t *testing.T) {
	checkRefusals(t, "FILTER_MESSAGE", func(s string) ConditionsConfig { return ConditionsConfig{FilterMessage: s} }, [][2]string{
		{"!", "column 2: found the end of FILTER_MESSAGE, want the pattern that must not match"},
		{"! pull", `column 2: found " ", want the pattern directly after ! (a blank that is meant is written [ ])`},
		{"！pull", `column 1: found "！", want "!", the ASCII character`},
		{"!timeout|", `column 2: found "timeout|", want a pattern that some messages do not match, for else nothing would be told`},
		{"!.*", `column 2: found ".*", want a pattern that some messages do not match, for else nothing would be told`},
		{"(a", "column 3: found the end of FILTER_MESSAGE, want a closing ) as well"},
		{"!é(a", "column 5: found the end of FILTER_MESSAGE, want a closing ) as well"},
		{"(a)b)c(", `column 5: found ")", want an opening ( before it (\) is the character itself)`},
		{"ab[c(d", `column 3: found "[c(d", want a closing ] as well`},
		{"ab[z-a]", `column 4: found "z-a", want a class or range of characters such as \pL or a-z`},
		{`ab\pX`, `column 3: found "\\pX", want a class or range of characters such as \pL or a-z`},
		{`!ab\y`, `column 4: found "\\y", want an escape that RE2 has, such as \d, \s, \b or \. (\\ is the backslash itself)`},
		{`ab\`, "column 4: found the end of FILTER_MESSAGE, want a character after the backslash"},
		{"pull|*", `column 6: found "*", want something before it to repeat (with \ before it, it is the character itself)`},
		{"ab**", `column 3: found "**", want one repetition operator`},
		{"a{2,1}", `column 2: found "{2,1}", want a repetition of at most {1000}, the lesser count first`},
		{"x(?!pull)", `column 2: found "(?!", want an operator that RE2 has: it looks neither ahead nor back (a ! before the whole pattern negates it)`},
		{"x(?P<n)", `column 2: found "(?P<n)", want a group such as (?P<name>…), each name once`},
		{"é\xff", `column 2: found "\xff", want UTF-8`},
		{strings.Repeat("x", 1001), "column 1001: found 1001 bytes, want at most 1000"},
	})
}

func TestParseConditionsNamesEveryMistake(t *testing.T) {
	_, err := ParseConditions(ConditionsConfig{Filter: "typ", FilterMessage: "(", Mute: "type @ x", MinCount: "type: 5"}, time.UTC)
	want := []string{"FILTER: column 1", "FILTER_MESSAGE: column 2", "MUTE: column 8", "MIN_COUNT: column 8"}
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, ": found")
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("the begins of the lines (-want +got):\n%s", diff)
	}
}

// What is written loosely is read, and String writes it the one way.
func TestConditionsString(t *testing.T) {
	mute := [][2]string{
		{"reason=BackOff@22:00-07:00", "reason=BackOff @ 22:00-07:00"},
		{"reason in (A,B) @sat,sun;!node", "reason in (A,B) @ sat,sun 00:00-24:00; !node"},
		{"type @ Mon-FRI 22:00-00:00 or sat", "type @ mon-fri 22:00-24:00 or sat 00:00-24:00"},
		{"type @ fri-mon,wed", "type @ mon,wed,fri-sun 00:00-24:00"},
		{"type @ mon-sun 08:00-09:00", "type @ 08:00-09:00"},
		{`name="a @ 22:00-07:00; b" @ tue`, `name="a @ 22:00-07:00; b" @ tue 00:00-24:00`},
		{"component=system:x", `component="system:x"`},
	}
	for _, tt := range mute {
		m, err := parseMutes(tt[0])
		if err != nil || m.String() != tt[1] {
			t.Errorf("MUTE %s: %q, %v, want %q", tt[0], m, err, tt[1])
		}
	}
	minCount := [][2]string{
		{"type:5 in 600s", "type: 5 in 10m"},
		{"reason in (A,B) : 05 in 90m; type: 1 in 24h", "reason in (A,B): 5 in 1h30m; type: 1 in 24h"},
		{`node="a:b",name="x: 5 in 10m": 1000 in 1s`, `node="a:b",name="x: 5 in 10m": 1000 in 1s`},
		{"node=a@b: 2 in 1h0m1s", `node="a@b": 2 in 1h0m1s`},
	}
	for _, tt := range minCount {
		m, err := parseMinCounts(tt[0])
		if err != nil || m.String() != tt[1] {
			t.Errorf("MIN_COUNT %s: %q, %v, want %q", tt[0], m, err, tt[1])
		}
	}
}

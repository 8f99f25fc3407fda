package alert

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	podAlert = Alert{
		Type: "Warning", Reason: "BackOff", Namespace: "shop", Kind: "Pod",
		Name: "web-66869b676-8ls2m", Component: "kubelet", Node: "pi-2",
		Severity: SeverityCritical,
	}
	nodeAlert = Alert{
		Type: "Normal", Reason: "NodeNotReady", Kind: "Node", Name: "pi-2", Component: "node-controller", Node: "pi-2",
		Severity: SeverityInfo,
	}
	oddAlert = Alert{
		Type: "Warning", Reason: `say "hi" \ bye`, Namespace: "a;b,(c)", Kind: "边缘",
		Name: strings.Repeat("n", 200), Component: "example.com/operator",
	}
)

func TestFilterMatch(t *testing.T) {
	tests := []struct {
		filter         string
		pod, node, odd bool
	}{
		{"type=Warning", true, false, true},
		{"type==Warning", true, false, true},
		{" type = Warning ", true, false, true},
		{"type!=Warning", false, true, false},
		{"type in (Warning)", true, false, true},
		{"type in (Warning, Normal)", true, true, true},
		{"type\tin(\nWarning,Normal)", true, true, true},
		{"reason notin (BackOff,NodeNotReady)", false, false, true},
		{"reason=in", false, false, false},
		{"reason in (in,notin)", false, false, false},

		// An empty field is an absent label.
		{"namespace", true, false, true},
		{"!namespace", false, true, false},
		{"! namespace", false, true, false},
		{"namespace!=shop", false, true, true},
		{"namespace notin (shop)", false, true, true},
		{"node,!namespace", false, true, false},

		{"type=Warning,namespace=shop", true, false, false},
		{"type=Warning,namespace=other", false, false, false},
		{"type=Warning,reason notin (BackOff); kind=Node,reason in (NodeNotReady)", false, true, true},
		{"name=pi-2;name=web-66869b676-8ls2m", true, true, false},
		{"kind=pod", false, false, false},
		{"type,type=Normal", false, true, false},

		{"component=example.com/operator", false, false, true},
		{`component="example.com/operator"`, false, false, true},
		{`reason="say \"hi\" \\ bye"`, false, false, true},
		{`namespace in ("a;b,(c)", shop)`, true, false, true},
		{`kind="边缘"`, false, false, true},
		{"name=" + strings.Repeat("n", 200), false, false, true},
		{`type="warning"`, false, false, false},
		{"severity=critical", true, false, false},
		{"severity!=critical", false, true, true},
		{"!severity", false, false, true},
		{`severity in (info,"warning")`, false, true, false},
		{`name="*"`, false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			f, err := ParseFilter(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			want := [3]bool{tt.pod, tt.node, tt.odd}
			got := [3]bool{f.Match(podAlert), f.Match(nodeAlert), f.Match(oddAlert)}
			if got != want {
				t.Errorf("matches of pod, node, odd: %v, want %v", got, want)
			}
			checkRoundTrip(t, f)
		})
	}
	if (Filter{}).Match(podAlert) {
		t.Error("the zero Filter matches")
	}
}

func checkRoundTrip(t *testing.T, f Filter) {
	t.Helper()
	again, err := ParseFilter(f.String())
	if err != nil {
		t.Fatalf("parse String() %s: %v", f, err)
	}
	if !reflect.DeepEqual(again, f) {
		t.Errorf("String() %s is read back as another filter: %s", f, again)
	}
}

func TestFilterString(t *testing.T) {
	tests := []struct{ filter, want string }{
		{" type==Warning , reason  notin ( A , B );!node", "type=Warning,reason notin (A,B); !node"},
		{"kind in (Pod)", "kind=Pod"},
		{"kind notin (Pod)", "kind!=Pod"},
		{`kind="Pod"`, "kind=Pod"},
		{`name="a b"`, `name="a b"`},
		{`name="\"\\"`, `name="\"\\"`},
		{`type="warning"`, `type="warning"`},
		{"node=a/b", "node=a/b"},
		{"node=a/b:c", `node="a/b:c"`},
		{"node=a@b", `node="a@b"`},
	}
	for _, tt := range tests {
		f, err := ParseFilter(tt.filter)
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
			continue
		}
		if diff := cmp.Diff(tt.want, f.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.filter, diff)
		}
	}
}

func TestParseFilterErrors(t *testing.T) {
	const keys = "a key: type, reason, namespace, kind, name, component, node, severity or writer"
	const afterKey = "=, ==, !=, in or notin, or the end of the clause"
	const afterClause = `",", ";" or the end of the filter`
	tests := []struct{ filter, want string }{
		{"", "column 1: found the end of the filter, want " + keys},
		{"  ", "column 3: found the end of the filter, want " + keys},
		{"typ=Warning", `column 1: found "typ", want ` + keys},
		{"Type=Warning", `column 1: found "Type", want ` + keys},
		{"type=Warning,message=x", `column 14: found "message", want ` + keys},
		{`"type"=Warning`, `column 1: found "type", want ` + keys},
		{"!", "column 2: found the end of the filter, want " + keys},
		{"!!type", `column 2: found "!", want ` + keys},
		{"type=Warning,", "column 14: found the end of the filter, want " + keys},
		{"type=Warning;", "column 14: found the end of the filter, want " + keys},
		{";type=Warning", `column 1: found ";", want ` + keys},
		{"type=Warning,,node", `column 14: found ",", want ` + keys},

		{"type Warning", `column 6: found "Warning", want ` + afterKey},
		{"type>5", `column 5: found ">", want ` + afterKey},
		{"type~Warning", `column 1: found "type~Warning", want ` + keys},
		{"!type=Warning", `column 6: found "=", want ` + afterClause},
		{"type=Warning reason=A", `column 14: found "reason", want ` + afterClause},
		{"type=Warning or kind=Pod", `column 14: found "or", want ` + afterClause},
		{`name=a"b"`, `column 7: found "b", want ` + afterClause},

		{"node=", "column 6: found the end of the filter, want a value (!node meets an empty node, node any other)"},
		{"node=,type", `column 6: found ",", want a value (!node meets an empty node, node any other)`},
		{`node!=""`, `column 7: found "", want a value (!node meets an empty node, node any other)`},
		{"node in ()", `column 10: found ")", want a value (!node meets an empty node, node any other)`},
		{"node in (a,,b)", `column 12: found ",", want a value (!node meets an empty node, node any other)`},
		{"node in (a,)", `column 12: found ")", want a value (!node meets an empty node, node any other)`},
		{"node in a", `column 9: found "a", want "("`},
		{"node in (a", `column 11: found the end of the filter, want "," or ")"`},
		{"node in (a b)", `column 12: found "b", want "," or ")"`},
		{"node=(a)", `column 6: found "(", want a value (!node meets an empty node, node any other)`},
		{"type=warning", `column 6: found "warning", want Warning`},
		{"type notin (NORMAL)", `column 13: found "NORMAL", want Normal`},
		{"severity=Critical", `column 10: found "Critical", want critical, warning or info`},
		{`severity in (info,"fatal")`, `column 19: found "fatal", want critical, warning or info`},

		{"reason='A B'", `column 8: found "'", want double quotes around a value`},
		{"name=web-*", `column 10: found "*", want a whole value, for there are no patterns (a value with such a character stands in double quotes)`},
		{"kind=边缘", `column 6: found "边", want double quotes around a value with such a character`},
		{`kind="边缘" x`, `column 11: found "x", want ` + afterClause},
		{"type=Warning，node", `column 13: found "，", want ",", the ASCII character`},
		{"kind=“Pod”", `column 6: found "“", want "\"", the ASCII character`},
		{"reason=a\x00", `column 9: found "\x00", want double quotes around a value with such a character`},
		{"reason=\xff", `column 8: found "\xff", want UTF-8`},
		{"reason=\"é\xff\"", `column 10: found "\xff", want UTF-8`},
		{`reason="a`, `column 8: found "\"", want a closing " as well`},
		{`reason="a\"`, `column 8: found "\"", want a closing " as well`},
		{`reason="a\n"`, `column 10: found "\\n", want \" or \\`},
		{`reason="a\`, `column 10: found "\\", want \" or \\`},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			f, err := ParseFilter(tt.filter)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error %v of type %T, want a *SyntaxError", err, err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if f.Match(podAlert) {
				t.Error("the Filter beside an error matches")
			}
		})
	}
}

func TestFilterExplain(t *testing.T) {
	const two = "type=Warning,reason notin (Unhealthy); kind=Node,node=pi-2,!namespace"
	tests := []struct {
		filter string
		alert  Alert
		want   string
	}{
		{two, podAlert, "match: selector 1 of 2: type=Warning,reason!=Unhealthy"},
		{two, nodeAlert, "match: selector 2 of 2: kind=Node,node=pi-2,!namespace"},
		{
			two, Alert{Type: "Warning", Reason: "Unhealthy", Kind: "Node"},
			`no match: selector 1 of 2: reason!=Unhealthy, but reason is "Unhealthy"; selector 2 of 2: node=pi-2, but node is empty`,
		},
		{"node", Alert{}, "no match: selector 1 of 1: node, but node is empty"},
		{"kind=Pod", Alert{Kind: "a\nb"}, `no match: selector 1 of 1: kind=Pod, but kind is "a\nb"`},
	}
	for _, tt := range tests {
		f, err := ParseFilter(tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, f.Explain(tt.alert)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.filter, diff)
		}
	}
	if !Everything().Match(Alert{}) || Everything().Explain(podAlert) != "match: everything does" {
		t.Errorf("everything matches not everything: %s", Everything().Explain(podAlert))
	}
	if got, want := (Filter{}).Explain(podAlert), "no match: the filter is empty"; got != want {
		t.Errorf("the zero Filter: %s, want %s", got, want)
	}
}

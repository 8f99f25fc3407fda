package auditpolicy

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

func ourRule(t testing.TB) auditv1.PolicyRule {
	t.Helper()
	raw, err := os.ReadFile("../audit-policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rule, err := Rule(raw)
	if err != nil {
		t.Fatal(err)
	}
	return rule
}

const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"

// policies are written in every style that people use; kept says whether all
// of the text stays as it is.
var policies = []struct {
	name, text string
	kept       bool
}{
	{"K3S' CIS guide", head + "metadata:\n  creationTimestamp: null\nrules:\n- level: Metadata\n", true},
	{"indented, with comments", "# mine\n" + head + "omitStages:\n  - RequestReceived\nrules:   # in this order\n\n  # secrets first\n  - level: Metadata # no bodies\n    resources:\n      - group: \"\"\n        resources: [secrets]\n  - level: None\n", true},
	{"rules before kind", "rules:\n    - level: None\n      users: [\"system:kube-proxy\"]\napiVersion: audit.k8s.io/v1\nkind: Policy\n", true},
	{"document start", "---\n" + head + "rules:\n- level: Request\n", true},
	{"no line end", head + "rules:\n- level: Request", true},
	{"windows line ends", strings.ReplaceAll(head+"rules:\n- level: Request\n", "\n", "\r\n"), false},
	{"flow style", head + "rules: [{level: Metadata}, {level: None}]\n", false},
	{"JSON", `{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"Metadata"}]}`, false},
	{"tagged key", head + "\"rules\":\n- level: Metadata\n", false},
	{"global settings", head + "omitManagedFields: true\nomitStages: [RequestReceived, Panic]\nrules:\n- level: Metadata\n  omitManagedFields: false\n  namespaces: [\"\"]\n- level: None\n  nonResourceURLs: [\"/healthz*\"]\n", true},
}

func TestMergeAndUnmerge(t *testing.T) {
	rule := ourRule(t)
	for _, tc := range policies {
		t.Run(tc.name, func(t *testing.T) {
			before, err := Parse([]byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			merged, err := Merge([]byte(tc.text), rule)
			if err != nil {
				t.Fatal(err)
			}
			after, err := Parse(merged)
			if err != nil {
				t.Fatalf("merged: %v\n%s", err, merged)
			}
			want := before.DeepCopy()
			want.Rules = slices.Insert(want.Rules, 0, rule)
			if diff := cmp.Diff(want, after); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
			if again, err := Merge(merged, rule); err != nil || string(again) != string(merged) {
				t.Errorf("merged again: %v\n%s", err, again)
			}
			back, err := Unmerge(merged, rule)
			if err != nil {
				t.Fatal(err)
			}
			if tc.kept && string(back) != tc.text {
				t.Errorf("unmerged (-want +got):\n%s", cmp.Diff(tc.text, string(back)))
			}
			got, err := Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, got); diff != "" {
				t.Errorf("unmerged (-want +got):\n%s", diff)
			}
			if once, err := Unmerge(back, rule); err != nil || string(once) != string(back) {
				t.Errorf("unmerged again: %v\n%s", err, once)
			}
		})
	}
}

// TestMergeReplacesOlderRule: an update must not leave two of ours.
func TestMergeReplacesOlderRule(t *testing.T) {
	older := ourRule(t)
	older.Verbs = []string{"create"}
	text := head + "rules:\n  - level: Metadata\n"
	merged, err := Merge([]byte(text), older)
	if err != nil {
		t.Fatal(err)
	}
	updated, err := Merge(merged, ourRule(t))
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := Merge([]byte(text), ourRule(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(fresh), string(updated)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	rule := ourRule(t)
	tests := []struct{ name, text, want string }{
		{"empty", "", "must be Policy"},
		{"another kind", "apiVersion: v1\nkind: ConfigMap\nrules: []\n", "must be Policy"},
		{"old version", "apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules:\n- level: None\n", "must be Policy of audit.k8s.io/v1"},
		{"unknown field", head + "rules:\n- level: None\n  omitManagedField: true\n", "omitManagedField"},
		{"field twice", head + "rules:\n- level: None\nrules:\n- level: Metadata\n", "rules"},
		{"bad level", head + "rules:\n- level: Everything\n", "level"},
		{"bad stage", head + "omitStages: [Later]\nrules:\n- level: None\n", "omitStages"},
		{"no rules", head + "rules: []\n", "no rules"},
		{"two documents", head + "rules:\n- level: None\n---\n" + head + "rules:\n- level: Metadata\n", "documents"},
		{"no YAML", head + "rules:\n\t- level: None\n", "parse"},
		{"silenced", head + "omitStages: [ResponseComplete]\nrules:\n- level: None\n", "ResponseComplete"},
		{"resources and URLs", head + "rules:\n- level: None\n  nonResourceURLs: [/x]\n  namespaces: [a]\n", "nonResourceURLs"},
	}
	for _, tc := range tests {
		out, err := Merge([]byte(tc.text), rule)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, %q; want an error with %q", tc.name, err, out, tc.want)
		}
	}
	only, err := Merge([]byte(head+"rules:\n- level: None\n"), rule)
	if err != nil {
		t.Fatal(err)
	}
	alone := strings.Replace(string(only), "- level: None\n", "", 1)
	if out, err := Unmerge([]byte(alone), rule); err == nil {
		t.Errorf("a policy of our rule alone was emptied: %q", out)
	}
}

func FuzzMerge(f *testing.F) {
	for _, tc := range policies {
		f.Add([]byte(tc.text))
	}
	rule := ourRule(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		merged, err := Merge(raw, rule)
		if err != nil {
			return
		}
		before, err := Parse(raw)
		if err != nil {
			t.Fatalf("merged what cannot be parsed: %v", err)
		}
		back, err := Unmerge(merged, rule)
		if err != nil {
			t.Fatalf("unmerge: %v\n%s", err, merged)
		}
		after, err := Parse(back)
		if err != nil {
			t.Fatalf("unmerged: %v\n%s", err, back)
		}
		if len(before.Rules) > 0 && same(before.Rules[0], rule) {
			return // it was there before
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("there and back (-want +got):\n%s", diff)
		}
	})
}

package serverconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/edgebell/edgebell/k3s/auditpolicy"
)

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	mainFile = Dir + "/config.yaml"
	dropIns  = Dir + "/config.yaml.d/"
)

func TestRead(t *testing.T) {
	ours := "kube-apiserver-arg+:\n- audit-policy-file=/ours\n- x=3\n"
	tests := []struct {
		name  string
		files map[string]string
		want  Args
	}{
		{"nothing", nil, Args{"audit-policy-file": {"/ours"}, "x": {"3"}}},
		{"main file", map[string]string{mainFile: "node-name: pi\nkube-apiserver-arg:\n- event-ttl=2h\n- --x=1\n"},
			Args{"event-ttl": {"2h"}, "audit-policy-file": {"/ours"}, "x": {"1", "3"}}},
		{"one string", map[string]string{mainFile: "kube-apiserver-arg: event-ttl=2h\n"},
			Args{"event-ttl": {"2h"}, "audit-policy-file": {"/ours"}, "x": {"3"}}},
		{"earlier drop-in replaces the main file", map[string]string{
			mainFile: "kube-apiserver-arg: [event-ttl=2h]\n", dropIns + "10.yaml": "kube-apiserver-arg: [x=1]\n"},
			Args{"audit-policy-file": {"/ours"}, "x": {"1", "3"}}},
		{"later drop-in adds", map[string]string{dropIns + "90.yml": "kube-apiserver-arg+: [x=9]\n"},
			Args{"audit-policy-file": {"/ours"}, "x": {"3", "9"}}},
		{"later drop-in replaces ours", map[string]string{dropIns + "90.yml": "kube-apiserver-arg: [x=9]\n"}, Args{"x": {"9"}}},
		{"other files do not count", map[string]string{
			dropIns + "90.yaml.bak": "kube-apiserver-arg: [x=9]\n", dropIns + "a.yaml/b": "", dropIns + "50-edgebell.yaml": "kube-apiserver-arg: [x=old]\n"},
			Args{"audit-policy-file": {"/ours"}, "x": {"3"}}},
		{"capitals and hidden files do", map[string]string{dropIns + ".10.YAML": "kube-apiserver-arg: [x=1]\n"},
			Args{"audit-policy-file": {"/ours"}, "x": {"1", "3"}}},
		{"both keys in a file", map[string]string{mainFile: "kube-apiserver-arg: [x=0]\n",
			dropIns + "10.yaml": "kube-apiserver-arg: [x=1]\nkube-apiserver-arg+: [x=2]\n"},
			Args{"audit-policy-file": {"/ours"}, "x": {"1", "2", "3"}}},
		{"both keys, plus first", map[string]string{dropIns + "10.yaml": "kube-apiserver-arg+: [x=1]\nkube-apiserver-arg: [x=2]\n"},
			Args{"audit-policy-file": {"/ours"}, "x": {"2", "3"}}},
	}
	for _, tc := range tests {
		root := tree(t, tc.files)
		candidate := filepath.Join(t.TempDir(), "candidate")
		if err := os.WriteFile(candidate, []byte(ours), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Read(root, "50-edgebell.yaml", candidate)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no YAML":     "a: [",
		"a map":       "kube-apiserver-arg: {a: b}\n",
		"not strings": "kube-apiserver-arg+: [1]\n",
	} {
		if got, err := Read(tree(t, map[string]string{mainFile: text}), "x", ""); err == nil {
			t.Errorf("%s: %v; want an error", name, got)
		}
	}
}

const (
	webhookFile = Dir + "/edgebell/webhook.kubeconfig"
	policyFile  = "/p.yaml"
)

func good(t *testing.T) (files map[string]string, args Args, rule auditv1.PolicyRule) {
	t.Helper()
	policy, err := os.ReadFile("../audit-policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kube, err := os.ReadFile("../webhook.kubeconfig")
	if err != nil {
		t.Fatal(err)
	}
	rule, err = auditpolicy.Rule(policy)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		policyFile:  string(policy),
		webhookFile: strings.Replace(string(kube), "SERVER_URL", "http://edgebell:s3cret@127.0.0.1:8082/", 1),
	}, Args{policyFlag: {policyFile}, webhookFlag: {webhookFile}}, rule
}

func TestCheck(t *testing.T) {
	edit := func(file, from, to string) func(map[string]string, Args) {
		return func(files map[string]string, _ Args) {
			if !strings.Contains(files[file], from) {
				t.Fatalf("%s has no %q", file, from)
			}
			files[file] = strings.Replace(files[file], from, to, 1)
		}
	}
	tests := []struct {
		name   string
		change func(files map[string]string, args Args)
		want   string
	}{
		{"good", func(map[string]string, Args) {}, ""},
		{"no policy file", func(f map[string]string, _ Args) { delete(f, policyFile) }, "read audit policy"},
		{"no kubeconfig", func(f map[string]string, _ Args) { delete(f, webhookFile) }, "read webhook kubeconfig"},
		{"no policy", func(_ map[string]string, a Args) { delete(a, policyFlag) }, "audit-policy-file is not set"},
		{"another webhook", func(_ map[string]string, a Args) { a[webhookFlag] = []string{webhookFile, "/x"} }, "in effect"},
		{"blocking", func(_ map[string]string, a Args) { a["audit-webhook-mode"] = []string{"blocking"} }, "must be batch"},
		{"bad policy", edit(policyFile, "level: None", "level: Nothing"), "level"},
		{"another rule first", edit(policyFile, "rules:\n", "rules:\n  - level: None\n"), "first rule"},
		{"two contexts", edit(webhookFile, "contexts:\n", "contexts:\n  - name: other\n"), "one context"},
		{"wrong context", edit(webhookFile, "current-context: webhook", "current-context: other"), "do not name each other"},
		{"no URL", edit(webhookFile, "http://edgebell:s3cret@127.0.0.1:8082/", "s3cret"), "server"},
		{"query", edit(webhookFile, "8082/", "8082/?a=s3cret"), "server"},
		{"unknown field", edit(webhookFile, "server:", "serber:"), "not a kubeconfig"},
		{"authority is missing", edit(webhookFile, "cluster:\n", "cluster:\n      certificate-authority: /ca.crt\n"), "/ca.crt"},
	}
	for _, tc := range tests {
		files, args, rule := good(t)
		tc.change(files, args)
		root := tree(t, files)
		err := Files{Root: root}.Check(args, webhookFile, rule)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v; want %q", tc.name, err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error holds the token: %v", tc.name, err)
		}
		if staged := (Files{Root: t.TempDir(), Stage: root}).Check(args, webhookFile, rule); (staged == nil) != (err == nil) {
			t.Errorf("%s: staged: %v; in place: %v", tc.name, staged, err)
		}
	}
}

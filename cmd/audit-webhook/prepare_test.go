package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	rule   = "../../k3s/audit-policy.yaml"
	policy = "# mine\napiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n"
)

func file(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func content(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func command(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = prepare(args, &o, &e)
	return code, o.String(), e.String()
}

func TestMergeInPlace(t *testing.T) {
	name := file(t, policy, 0o640)
	link := filepath.Join(t.TempDir(), "link.yaml")
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := command("merge-policy", "--policy", link, "--rule", rule, "--out", link); code != 0 {
		t.Fatal(errs)
	}
	merged := content(t, name)
	if !strings.HasPrefix(merged, "# mine\n") || !strings.Contains(merged, "level: RequestResponse") {
		t.Errorf("merged:\n%s", merged)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is no link any more: %v, %v", info, err)
	}
	if info, err = os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v; want that of before", info, err)
	}
	if code, out, _ := command("merge-policy", "--policy", name, "--rule", rule, "--out", name); code != 0 || !strings.Contains(out, "as it should be") {
		t.Errorf("merged again: %d %q", code, out)
	}
	if code, _, errs := command("unmerge-policy", "--policy", name, "--rule", rule, "--out", name); code != 0 || content(t, name) != policy {
		t.Errorf("unmerged: %d %s\n%s", code, errs, content(t, name))
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(name), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestRefusedPolicyIsLeftAlone: nothing is written of what is not understood.
func TestRefusedPolicyIsLeftAlone(t *testing.T) {
	bad := strings.Replace(policy, "Metadata", "Metadata\n  verb: [get]", 1)
	name := file(t, bad, 0o600)
	code, _, errs := command("merge-policy", "--policy", name, "--rule", rule, "--out", name)
	if code != 1 || !strings.Contains(errs, "verb") || content(t, name) != bad {
		t.Errorf("%d %s\n%s", code, errs, content(t, name))
	}
}

func TestUsage(t *testing.T) {
	tests := []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--help"}, 0, "usage"},
		{[]string{"merge"}, 2, `unknown command "merge"`},
		{[]string{"merge-policy", "--policy", "x"}, 2, "must be set"},
		{[]string{"merge-policy", "x"}, 2, "unexpected"},
		{[]string{"unmerge-policy", "--policy", "/nowhere", "--rule", rule, "--out", "/nowhere"}, 1, "/nowhere"},
		{[]string{"k3s-check", "--root", "/nowhere"}, 2, "must be set"},
	}
	for _, tc := range tests {
		code, _, errs := command(tc.args...)
		if code != tc.code || !strings.Contains(errs, tc.says) {
			t.Errorf("%v: %d %q; want %d and %q", tc.args, code, errs, tc.code, tc.says)
		}
	}
}

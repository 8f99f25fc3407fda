package k3s_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// program is the audit-webhook that the installer asks; path is where it finds
// the rest, but for sync, which would flush this whole machine's disks.
var program, path string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "edgebell-install")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "audit-webhook")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "../cmd/audit-webhook")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build audit-webhook: %v\n%s", err, out)
		return 1
	}
	if err := os.WriteFile(filepath.Join(dir, "sync"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	path = dir + ":" + os.Getenv("PATH")
	return m.Run()
}

const (
	dropIn   = conf + "/config.yaml.d/50-edgebell.yaml"
	ours     = conf + "/edgebell/"
	cisPath  = "var/lib/rancher/k3s/server/audit.yaml"
	cisFlag  = "audit-policy-file=/" + cisPath
	cisWords = "# from the hardening guide\napiVersion: audit.k8s.io/v1\nkind: Policy\nmetadata:\n  creationTimestamp: null\nrules:\n  - level: Metadata # everything\n"
)

// roots are servers as people have them.
var roots = map[string]map[string]string{
	"fresh": {},
	"arguments": {
		conf + "/config.yaml": "write-kubeconfig-mode: \"0644\"\nkube-apiserver-arg:\n  - event-ttl=2h\n",
	},
	"policy": {
		conf + "/config.yaml": "protect-kernel-defaults: true\nkube-apiserver-arg:\n  - \"" + cisFlag + "\"\n  - audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log\n",
		cisPath:               cisWords,
	},
	"policy in a drop-in": {
		conf + "/config.yaml":           "kube-apiserver-arg: [event-ttl=2h]\n",
		conf + "/config.yaml.d/90.yaml": "kube-apiserver-arg+: [" + cisFlag + "]\n",
		cisPath:                         cisWords,
	},
	"two policies": {
		conf + "/config.yaml":           "kube-apiserver-arg: [audit-policy-file=/etc/old.yaml]\n",
		conf + "/config.yaml.d/10.yaml": "kube-apiserver-arg+: [" + cisFlag + "]\n",
		cisPath:                         cisWords,
		"etc/old.yaml":                  cisWords,
	},
}

func newRoot(t *testing.T, kind string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range roots[kind] {
		put(t, root, name, content)
	}
	return root
}

func put(t *testing.T, root, name, content string) {
	t.Helper()
	name = filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

// snapshot is every file with its mode and content.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		raw, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		all[rel] = fmt.Sprintf("%v %s", info.Mode(), raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// script is a run of the installer.
type script struct{ root string }

func (s script) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"install.sh", "--root", s.root, "--binary", program}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "PATH="+path)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s script) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.run(t, args...)
	if err != nil {
		t.Fatalf("install.sh %v: %v\n%s", args, err, out)
	}
	return out
}

func TestInstall(t *testing.T) {
	t.Parallel()
	for kind := range roots {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			root := newRoot(t, kind)
			s := script{root: root}
			before := snapshot(t, root)
			dry := s.must(t, "--dry-run")
			if diff := cmp.Diff(before, snapshot(t, root)); diff != "" {
				t.Fatalf("--dry-run changed files (-before +after):\n%s\n%s", diff, dry)
			}
			out := s.must(t)
			expectInstalled(t, root, kind)
			if told := strings.Contains(out, "audit log also holds the bodies"); told != strings.Contains(kind, "polic") {
				t.Errorf("told of bodies in the audit log: %t\n%s", told, out)
			}

			once := snapshot(t, root)
			again := s.must(t)
			if diff := cmp.Diff(once, snapshot(t, root)); diff != "" || strings.Contains(again, "wrote") {
				t.Errorf("repeated (-once +twice):\n%s\n%s", diff, again)
			}

			if kind == "policy" {
				s.must(t, "uninstall", "--dry-run")
				if diff := cmp.Diff(once, snapshot(t, root)); diff != "" {
					t.Errorf("uninstall --dry-run changed files (-before +after):\n%s", diff)
				}
			}
			s.must(t, "uninstall")
			if diff := cmp.Diff(before, snapshot(t, root)); diff != "" {
				t.Errorf("uninstalled (-before +after):\n%s", diff)
			}
			if out := s.must(t, "uninstall"); !strings.Contains(out, "nothing is installed") {
				t.Errorf("uninstalled twice: %s", out)
			}
		})
	}
}

// expectInstalled: the server starts, everything of before is in effect, and
// our rule stands first in the one policy.
func expectInstalled(t *testing.T, root, kind string) {
	t.Helper()
	flags, err := starts(root)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"audit-webhook-config-file":             "/" + ours + "webhook.kubeconfig",
		"audit-webhook-mode":                    "batch",
		"audit-webhook-batch-max-size":          "40",
		"audit-webhook-batch-max-wait":          "100ms",
		"audit-webhook-batch-throttle-qps":      "50",
		"audit-webhook-batch-throttle-burst":    "100",
		"audit-webhook-truncate-enabled":        "true",
		"audit-webhook-truncate-max-event-size": "102400",
		"audit-policy-file":                     "/" + ours + "audit-policy.yaml",
	}
	switch kind {
	case "arguments":
		want["event-ttl"] = "2h"
	case "policy":
		want["audit-policy-file"], want["audit-log-path"] = "/"+cisPath, "/var/lib/rancher/k3s/server/logs/audit.log"
	case "policy in a drop-in":
		want["audit-policy-file"], want["event-ttl"] = "/"+cisPath, "2h"
	case "two policies":
		want["audit-policy-file"] = "/" + cisPath
	}
	if diff := cmp.Diff(want, flags); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
	expectPolicy(t, filepath.Join(root, flags["audit-policy-file"]), strings.Contains(kind, "polic"))
	for _, secret := range []string{"token", "webhook.kubeconfig"} {
		if info, err := os.Stat(filepath.Join(root, ours, secret)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want it readable by root alone", secret, info, err)
		}
	}
}

func expectPolicy(t *testing.T, name string, merged bool) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	first := strings.Index(text, "level: RequestResponse")
	if first < 0 || strings.Index(text, "level:") != first {
		t.Errorf("our rule is not the first:\n%s", text)
	}
	if !merged {
		return
	}
	if !strings.HasPrefix(text, "# from the hardening guide\n") || !strings.HasSuffix(text, "  - level: Metadata # everything\n") {
		t.Errorf("the rest of the policy was changed:\n%s", text)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode of the policy: %v, %v; want that of before", info, err)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "fresh")
	s := script{root: root}
	s.must(t)
	first := snapshot(t, root)[ours+"token"]
	if other := newRoot(t, "fresh"); len(first) < 40 {
		t.Errorf("token %q", first)
	} else if (script{root: other}).must(t); snapshot(t, other)[ours+"token"] == first {
		t.Error("two servers got the same token")
	}
	given := filepath.Join(t.TempDir(), "given")
	if err := os.WriteFile(given, []byte("s3cret-Token.1\nold-Token.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := s.must(t, "--token-file", given, "--url", "https://[::1]:8443/clusters/pi")
	all := snapshot(t, root)
	if want := "server: https://edgebell:s3cret-Token.1@[::1]:8443/clusters/pi\n"; !strings.Contains(all[ours+"webhook.kubeconfig"], want) {
		t.Errorf("no %q in\n%s", want, all[ours+"webhook.kubeconfig"])
	}
	if strings.Contains(out, "s3cret") {
		t.Errorf("the token is told: %s", out)
	}
	if _, err := starts(root); err != nil {
		t.Error(err)
	}
}

// TestRefusals: what is refused leaves everything as it was.
func TestRefusals(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("a b"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		files map[string]string
		args  []string
		want  string
	}{
		{"URL with a user", nil, []string{"--url", "http://a@b/"}, "--url"},
		{"URL with a query", nil, []string{"--url", "http://b/?x"}, "--url"},
		{"no URL", nil, []string{"--url", "127.0.0.1:8082"}, "--url"},
		{"bad token", nil, []string{"--token-file", bad}, "token"},
		{"no token file", nil, []string{"--token-file", bad + ".not"}, "cannot be read"},
		{"unknown flag", nil, []string{"--force"}, "usage"},
		{"policy is missing", map[string]string{conf + "/config.yaml": "kube-apiserver-arg: [" + cisFlag + "]\n"}, nil, "cannot be read"},
		{"policy with a typo", map[string]string{conf + "/config.yaml": "kube-apiserver-arg: [" + cisFlag + "]\n",
			cisPath: strings.Replace(cisWords, "level: Metadata", "level: Metadata\n    omitManagedField: true", 1)}, nil, "omitManagedField"},
		{"another webhook", map[string]string{conf + "/config.yaml": "kube-apiserver-arg: [audit-webhook-config-file=/x]\n"}, nil, "another audit webhook"},
		{"a later file replaces ours", map[string]string{conf + "/config.yaml.d/90.yaml": "kube-apiserver-arg: [event-ttl=2h]\n"}, nil, "later"},
		{"blocking mode", map[string]string{conf + "/config.yaml.d/90.yaml": "kube-apiserver-arg+: [audit-webhook-mode=blocking]\n"}, nil, "batch"},
		{"command line", map[string]string{"etc/systemd/system/k3s.service": "ExecStart=/usr/local/bin/k3s \\\n server \\\n '--kube-apiserver-arg=event-ttl=2h' \\\n"}, nil, "command line"},
		{"configuration elsewhere", map[string]string{"etc/systemd/system/k3s.service.env": "K3S_CONFIG_FILE=/x\n"}, nil, "config.yaml"},
		{"broken configuration", map[string]string{conf + "/config.yaml": "a: [\n"}, nil, "config.yaml"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for name, content := range tc.files {
				put(t, root, name, content)
			}
			before := snapshot(t, root)
			out, err := script{root: root}.run(t, tc.args...)
			if err == nil || !strings.Contains(out, tc.want) {
				t.Errorf("%v: %s; want %q", err, out, tc.want)
			}
			if diff := cmp.Diff(before, snapshot(t, root)); diff != "" {
				t.Errorf("changed all the same (-before +after):\n%s", diff)
			}
		})
	}
}

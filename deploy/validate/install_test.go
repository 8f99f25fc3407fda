package validate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/deploy/validate/check"
)

// node is a throw-away root with a K3S data-dir, and an unpacked bundle.
type node struct {
	t            *testing.T
	root, bundle string
}

const (
	imagesFile   = "var/lib/rancher/k3s/agent/images/edgebell.tar.zst"
	manifestFile = "var/lib/rancher/k3s/server/manifests/edgebell.yaml"
)

func newNode(t *testing.T) node {
	n := node{t, t.TempDir(), t.TempDir()}
	if err := os.MkdirAll(filepath.Join(n.root, "var/lib/rancher/k3s"), 0o755); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(deploy, "bundle/install.sh"))
	if err != nil {
		t.Fatal(err)
	}
	n.pack(map[string]string{
		"install.sh":                    string(script),
		"edgebell.yaml":                 string(rendered(t, "overlays/edge/core", nil)),
		"edgebell-audit.yaml":           string(rendered(t, "overlays/edge-audit/core", nil)),
		"edgebell-images-arm64.tar.zst": "images of v1",
		"VERSION":                       "v1\n",
	})
	n.write("secret.env", "# the bot\nFEISHU_WEBHOOK_URL=https://open.feishu.cn/hook/x\nFEISHU_SECRET=it's \"quoted\" $HOME `id`\r\nSINK_TOKEN=abc==\n")
	n.write("audit.env", "SINK_TOKEN=abc==\nAUDIT_TOKEN=def\n")
	return n
}

func (n node) pack(files map[string]string) {
	n.t.Helper()
	var sums strings.Builder
	for name, body := range files {
		n.write(name, body)
		sum := sha256.Sum256([]byte(body))
		sums.WriteString(hex.EncodeToString(sum[:]) + "  " + name + "\n")
	}
	n.write("SHA256SUMS", sums.String())
}

func (n node) write(name, body string) {
	n.t.Helper()
	if err := os.WriteFile(filepath.Join(n.bundle, name), []byte(body), 0o644); err != nil {
		n.t.Fatal(err)
	}
}

func (n node) run(args ...string) (string, error) {
	cmd := exec.Command("sh", append([]string{"install.sh", "--root", n.root}, args...)...)
	cmd.Dir = n.bundle
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (n node) must(args ...string) string {
	n.t.Helper()
	out, err := n.run(args...)
	if err != nil {
		n.t.Fatalf("install.sh %v: %v\n%s", args, err, out)
	}
	return out
}

func (n node) read(name string) string {
	n.t.Helper()
	raw, err := os.ReadFile(filepath.Join(n.root, name))
	if err != nil {
		n.t.Fatal(err)
	}
	return string(raw)
}

// files are all that lie below the root.
func (n node) files() []string {
	n.t.Helper()
	var all []string
	err := filepath.WalkDir(n.root, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, rerr := filepath.Rel(n.root, name)
			all, err = append(all, rel), rerr
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return all
}

func TestInstallOnANode(t *testing.T) {
	n := newNode(t)
	n.must("install", "--secret", "secret.env", "--cluster-name", "plant-7")
	want := []string{"etc/edgebell/cluster-name", "etc/edgebell/secret.env", imagesFile, manifestFile}
	if diff := cmp.Diff(want, n.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, name := range []string{manifestFile, "etc/edgebell/secret.env"} {
		st, err := os.Stat(filepath.Join(n.root, name))
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, and it holds secrets", name, st.Mode())
		}
	}
	manifest := n.read(manifestFile)
	expectNone(t, check.All([]byte(manifest), against(t)))
	for _, want := range []string{
		"FEISHU_SECRET: aXQncyAicXVvdGVkIiAkSE9NRSBgaWRg\n", // as it stands in the file, without the \r
		"CLUSTER_NAME: \"plant-7\"\n",
	} {
		if !strings.Contains(manifest, want) {
			t.Errorf("manifest has no %s", want)
		}
	}
	if strings.Count(manifest, "edgebell.io/secrets: ") != 2 {
		t.Error("want a hash of the settings in both Pod templates")
	}
}

func TestInstallAgainChangesNothing(t *testing.T) {
	n := newNode(t)
	n.must("install", "--secret", "secret.env")
	before := n.read(manifestFile)
	out := n.must("install")
	if strings.Count(out, "unchanged") != 2 || n.read(manifestFile) != before {
		t.Errorf("second install wrote again:\n%s", out)
	}
}

func TestInstallWithAudit(t *testing.T) {
	n := newNode(t)
	n.must("install", "--secret", "secret.env", "--audit", "audit.env")
	manifest := n.read(manifestFile)
	expectNone(t, check.All([]byte(manifest), against(t)))
	if !strings.Contains(manifest, "kind: DaemonSet") {
		t.Error("no audit webhook in the manifest")
	}
	n.must("upgrade", "--no-audit")
	if strings.Contains(n.read(manifestFile), "kind: DaemonSet") {
		t.Error("the audit webhook is still there")
	}
}

func TestUpgradeKeepsSettings(t *testing.T) {
	n := newNode(t)
	n.must("install", "--secret", "secret.env", "--cluster-name", "plant-7")
	hash := func() string {
		_, after, _ := strings.Cut(n.read(manifestFile), "edgebell.io/secrets: ")
		line, _, _ := strings.Cut(after, "\n")
		return line
	}
	old := hash()
	script, manifest := mustRead(t, filepath.Join(n.bundle, "install.sh")), rendered(t, "overlays/edge/core", nil)
	n.pack(map[string]string{
		"install.sh": script, "edgebell.yaml": strings.ReplaceAll(string(manifest), ":v0.1.0", ":v0.2.0"),
		"edgebell-images-arm64.tar.zst": "images of v2",
	})
	n.must("upgrade")
	if n.read(imagesFile) != "images of v2" || !strings.Contains(n.read(manifestFile), "notify:v0.2.0") {
		t.Error("images or manifest are the old ones")
	}
	if !strings.Contains(n.read(manifestFile), "plant-7") || hash() != old {
		t.Error("settings were lost")
	}
	n.write("secret.env", "FEISHU_WEBHOOK_URL=https://open.feishu.cn/hook/y\n")
	n.must("install", "--secret", "secret.env")
	if hash() == old {
		t.Error("another secret, the same hash: the Pods would not restart")
	}
}

func TestUninstallLeavesNothing(t *testing.T) {
	n := newNode(t)
	n.must("install", "--secret", "secret.env", "--audit", "audit.env")
	n.must("uninstall")
	if left := n.files(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	n.must("uninstall") // and once more
}

func TestInstallRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		before func(node)
		args   []string
		want   string
	}{
		"no command":           {nil, nil, "no command"},
		"unknown argument":     {nil, []string{"install", "--force"}, "unknown argument --force"},
		"option without value": {nil, []string{"install", "--secret"}, "--secret: needs a value"},
		"no secret":            {nil, []string{"install"}, "--secret FILE is needed"},
		"secret not there":     {nil, []string{"install", "--secret", "other.env"}, "no such file"},
		"nothing to upgrade":   {nil, []string{"upgrade"}, "nothing to upgrade"},
		"cluster name":         {nil, []string{"install", "--secret", "secret.env", "--cluster-name", "a/b"}, "letters, digits"},
		"data-dir":             {nil, []string{"install", "--secret", "secret.env", "--data-dir", "/srv/k3s"}, "is K3S installed here?"},
		"broken secret":        {func(n node) { n.write("secret.env", "# x\nexport A=b\n") }, []string{"install", "--secret", "secret.env"}, "line 2: want NAME=value"},
		"empty address":        {func(n node) { n.write("secret.env", "FEISHU_WEBHOOK_URL=\n") }, []string{"install", "--secret", "secret.env"}, "FEISHU_WEBHOOK_URL is empty"},
		"damaged bundle":       {func(n node) { n.write("edgebell-images-arm64.tar.zst", "half") }, []string{"install", "--secret", "secret.env"}, "the bundle is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			if tc.before != nil {
				tc.before(n)
			}
			out, err := n.run(tc.args...)
			if err == nil || !strings.Contains(out, tc.want) {
				t.Errorf("got %v and %q, want a refusal with %q", err, out, tc.want)
			}
			for _, f := range n.files() {
				if f == manifestFile || f == imagesFile {
					t.Errorf("%s was written all the same", f)
				}
			}
		})
	}
}

func TestInstallerIsPlainShell(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("no shellcheck here")
	}
	cmd := exec.Command("shellcheck", "-s", "sh", "install.sh", "install_test.sh", "pack.sh")
	cmd.Dir = filepath.Join(deploy, "bundle")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, bytes.TrimSpace(out))
	}
}

func mustRead(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

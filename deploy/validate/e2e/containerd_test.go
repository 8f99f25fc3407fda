//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Imports as K3S does: all platforms, by the names inside.
func TestContainerdImports(t *testing.T) {
	needRoot(t)
	need(t, "containerd", "ctr", "zstd")
	dir := t.TempDir()
	socket := filepath.Join(dir, "c.sock")
	config := filepath.Join(dir, "config.toml")
	text := "version = 2\nroot = \"" + dir + "/root\"\nstate = \"" + dir + "/state\"\n" +
		"disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = \"" + socket + "\"\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command("containerd", "-c", config))
	wait(t, "containerd", time.Minute, func() (bool, string) {
		out, err := exec.Command("ctr", "-a", socket, "version").CombinedOutput()
		return err == nil, string(out)
	})
	ctr := func(namespace string, args ...string) string {
		t.Helper()
		out, err := exec.Command("ctr", append([]string{"-a", socket, "-n", namespace}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("ctr %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	platforms := func(namespace string) map[string][]string {
		found := map[string][]string{}
		for line := range strings.Lines(ctr(namespace, "images", "ls")) {
			f := strings.Fields(line)
			if len(f) > 5 && strings.HasPrefix(f[0], "ghcr.io/") {
				on := strings.Split(f[5], ",")
				slices.Sort(on)
				found[f[0][:strings.LastIndexByte(f[0], ':')]] = on
			}
		}
		return found
	}
	expect := func(namespace string, want ...string) {
		t.Helper()
		got := platforms(namespace)
		for _, name := range []string{"event-source", "notify", "audit-webhook"} {
			if on := got["ghcr.io/edgebell/"+name]; !slices.Equal(on, want) {
				t.Errorf("%s: %s is for %v, want %v", namespace, name, on, want)
			}
		}
	}

	archives, err := filepath.Glob(filepath.Join(dist, "images/*.oci.tar"))
	if err != nil || len(archives) != 3 {
		t.Fatalf("archives: %v %v", archives, err)
	}
	for _, a := range archives {
		ctr("archives", "images", "import", "--all-platforms", a)
	}
	expect("archives", "linux/amd64", "linux/arm/v7", "linux/arm64/v8")

	for _, arch := range []struct{ file, platform string }{{"arm64", "linux/arm64/v8"}, {"armv7", "linux/arm/v7"}, {"amd64", "linux/amd64"}} {
		bundle := filepath.Join(dist, "edgebell-images-"+arch.file+".tar.zst")
		if _, err := os.Stat(bundle); err != nil {
			t.Errorf("no bundle for %s: run make bundle", arch.file)
			continue
		}
		tar := filepath.Join(dir, arch.file+".tar")
		// Without --long: what fits into zstd's default limit fits into K3S' 32 MiB.
		if out, err := exec.Command("zstd", "-q", "-d", "-M32MB", bundle, "-o", tar).CombinedOutput(); err != nil {
			t.Fatalf("unpack %s within 32 MiB of memory: %v %s", bundle, err, out)
		}
		// ctr would unpack for this machine's platform at once; see below.
		namespace := "bundle-" + arch.file
		ctr(namespace, "images", "import", "--all-platforms", "--no-unpack", tar)
		expect(namespace, arch.platform)
		for _, name := range []string{"event-source", "notify", "audit-webhook"} {
			target := t.TempDir()
			ctr(namespace, "images", "mount", "--snapshotter", "native", "--platform", arch.platform, "ghcr.io/edgebell/"+name+":"+version(t), target)
			st, err := os.Stat(filepath.Join(target, name))
			if err != nil || st.Mode().Perm() != 0o755 {
				t.Errorf("%s for %s: no program in the image: %v", name, arch.platform, err)
			}
			ctr(namespace, "images", "unmount", target)
		}
	}
}

func version(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(repository, "deploy/components/release/kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(raw), "newTag: &version ")
	tag, _, _ := strings.Cut(after, "\n")
	return tag
}

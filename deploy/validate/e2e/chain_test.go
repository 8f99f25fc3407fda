//go:build e2e

package e2e

import (
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgebell/edgebell/deploy/validate/check"
)

const nonroot = 65532

// container is an unpacked image with a read-only root, as a container has it.
type container struct {
	root, program, qemu string
}

// unpack lays out the image of program, puts files beside it, and makes the
// root read-only, but for the ledger's folder.
func unpack(t *testing.T, program, arch, qemu string, files map[string][]byte) container {
	t.Helper()
	root := t.TempDir()
	tool, archive := abs(t, filepath.Join(dist, "tools/image")), filepath.Join(dist, "images", program+".oci.tar")
	if out, err := exec.Command(tool, "rootfs", "-arch", arch, "-dir", root, archive).CombinedOutput(); err != nil {
		t.Fatalf("unpack %s: %v %s", program, err, out)
	}
	body, err := os.ReadFile(qemu)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "qemu"), body, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(root, name), body, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	data := t.TempDir()
	if err := os.Chown(data, nonroot, nonroot); err != nil {
		t.Fatal(err)
	}
	// The test's folders are closed to others, and nobody must get in.
	for dir := root; strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount(t, root, root, syscall.MS_BIND)
	mount(t, root, root, syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY)
	mount(t, data, filepath.Join(root, "var/lib/edgebell"), syscall.MS_BIND)
	return container{root, program, qemu}
}

func mount(t *testing.T, source, target string, flags uintptr) {
	t.Helper()
	if err := syscall.Mount(source, target, "", flags, ""); err != nil {
		t.Fatalf("mount %s: %v", target, err)
	}
	if flags&syscall.MS_REMOUNT == 0 {
		t.Cleanup(func() { _ = syscall.Unmount(target, syscall.MNT_DETACH) })
	}
}

func (c container) start(t *testing.T, env map[string]string) *output {
	t.Helper()
	cmd := &exec.Cmd{Path: "/qemu", Args: []string{"/qemu", "/" + c.program}, Dir: "/", Env: []string{}}
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.root, Credential: &syscall.Credential{Uid: nonroot, Gid: nonroot}}
	return start(t, cmd)
}

// The whole way, with the images' own files and the manifests' own settings:
// an Event in the API server, the source with its ServiceAccount's token, the
// function, the bot.
func TestChainUnderQemu(t *testing.T) {
	needRoot(t)
	c := startCluster(t)
	edge := rendered(t, "overlays/edge")
	c.apply(t, edge)
	token := c.token(t, "edgebell", "event-source")
	bot := build(t, "./functions/feishu/feishutest/bot")
	for arch, qemu := range map[string]string{"arm64": "/usr/bin/qemu-aarch64-static", "armv7": "/usr/bin/qemu-arm-static"} {
		t.Run(arch, func(t *testing.T) {
			need(t, qemu)
			chain(t, c, edge, token, bot, arch, qemu)
		})
	}
}

func chain(t *testing.T, c cluster, manifests []byte, token, bot, arch, qemu string) {
	botAddress := port(t)
	start(t, exec.Command(bot, "-listen", botAddress, "-secret", "s3cret", "-token", "e2e"))

	function, functionEnv := port(t), environment(t, manifests, "notify")
	maps.Copy(functionEnv, map[string]string{
		"LISTEN_ADDRESS": function, "SINK_TOKEN": "bearer", "GROUP_WAIT": "1s",
		"DIGEST_THRESHOLD": "100", "FEISHU_MAX_PER_MINUTE": "100",
		"FEISHU_WEBHOOK_URL": "http://" + botAddress + "/open-apis/bot/v2/hook/e2e", "FEISHU_SECRET": "s3cret",
	})
	began := time.Now()
	unpack(t, "notify", arch, qemu, nil).start(t, functionEnv)
	ready(t, "notify", function)
	t.Logf("%s: notify ready after %s", arch, time.Since(began).Round(time.Millisecond))

	source, sourceEnv := port(t), environment(t, manifests, "event-source")
	maps.Copy(sourceEnv, map[string]string{"LISTEN_ADDRESS": source, "K_SINK": "http://" + function, "SINK_TOKEN": "bearer", "KUBECONFIG": "/kubeconfig"})
	unpack(t, "event-source", arch, qemu, map[string][]byte{"kubeconfig": c.kubeconfig(token)}).start(t, sourceEnv)
	ready(t, "event-source", source)

	c.event(t, "camera-0."+arch, "Pod", "camera-"+arch, "BackOff", "Warning", "e2e on "+arch+": back-off restarting failed container")
	shown := func(want string) func() (bool, string) {
		return func() (bool, string) {
			_, body := get("http://" + botAddress + "/control/messages")
			return strings.Contains(body, want), tail(body)
		}
	}
	wait(t, "card", time.Minute, shown("e2e on "+arch))
	// Normal by type, trouble all the same: the edge overlay's FILTER lets it by.
	c.event(t, "node-"+arch, "Node", "edge-"+arch, "NodeNotReady", "Normal", "e2e node on "+arch+" status is now: NodeNotReady")
	wait(t, "card of a Normal event", time.Minute, shown("e2e node on "+arch))

	refusingBotKeepsItReady(t, c, botAddress, function, arch)
}

// A bot that refuses must not take notify out of its Service: the way in stays.
func refusingBotKeepsItReady(t *testing.T, c cluster, botAddress, function, arch string) {
	t.Helper()
	resp, err := http.Post("http://"+botAddress+"/control/bot", "application/json", strings.NewReader(`{"disabled":true}`)) //nolint:noctx // loopback
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	c.event(t, "refused-"+arch, "Pod", "door-"+arch, "Failed", "Warning", "e2e while the bot refuses")
	wait(t, "refusal in the metrics", time.Minute, func() (bool, string) {
		_, body := get("http://" + function + "/metrics")
		return strings.Contains(body, `edgebell_link_state{state="refused"} 1`), tail(body)
	})
	for _, path := range []string{"/readyz", "/healthz"} {
		if status, body := get("http://" + function + path); status != http.StatusOK {
			t.Errorf("%s with the bot refusing: %d %s, want 200", path, status, body)
		}
	}
}

func ready(t *testing.T, what, address string) {
	t.Helper()
	for _, path := range []string{"/healthz", "/readyz"} {
		wait(t, what+path, time.Minute, func() (bool, string) {
			status, body := get("http://" + address + path)
			return status == http.StatusOK, body
		})
	}
}

func environment(t *testing.T, manifests []byte, program string) map[string]string {
	t.Helper()
	env, err := check.Environment(manifests, program)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

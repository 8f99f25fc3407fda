//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

const auditToken = "e2e-t0ken"

// installed runs the installer in a throw-away root and returns the flags that
// a K3S server would then start its API server with.
func installed(t *testing.T, url string, args ...string) (flags []string) {
	t.Helper()
	root := t.TempDir()
	token := filepath.Join(root, "given")
	if err := os.WriteFile(token, []byte(auditToken), 0o600); err != nil {
		t.Fatal(err)
	}
	install := exec.Command("sh", append([]string{"../install.sh", "--root", root, "--binary", bin("audit-webhook"),
		"--url", url + "/clusters/e2e", "--token-file", token}, args...)...)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install.sh: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(root, "etc/rancher/k3s/config.yaml.d/50-edgebell.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var dropIn map[string][]string
	if err := yaml.Unmarshal(raw, &dropIn); err != nil {
		t.Fatal(err)
	}
	for _, arg := range dropIn["kube-apiserver-arg+"] {
		arg = strings.Replace(arg, "=/etc/", "="+root+"/etc/", 1)
		flags = append(flags, "--apiserver-arg", arg)
	}
	if len(flags) < 4 {
		t.Fatalf("the drop-in gives only %v", flags)
	}
	return flags
}

// ownAlone narrows the installed policy to the test's namespace, for tests that
// count each Event: a busy API server may warn of its own Service at any start.
func ownAlone(t *testing.T, flags []string) []string {
	t.Helper()
	const verbs = "    verbs: "
	rewrite(t, flagged(t, flags, "audit-policy-file"), verbs, `    namespaces: ["`+namespace+`"]`+"\n"+verbs)
	return flags
}

// flagged is the value of one of the API server's flags.
func flagged(t *testing.T, flags []string, name string) string {
	t.Helper()
	for _, flag := range flags {
		if value, ok := strings.CutPrefix(flag, name+"="); ok {
			return value
		}
	}
	t.Fatalf("no %s in %v", name, flags)
	return ""
}

// rewrite replaces what an installed file has once.
func rewrite(t *testing.T, path, pattern, text string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := regexp.MustCompile(pattern)
	if n := len(p.FindAllIndex(raw, -1)); n != 1 {
		t.Fatalf("%s matches %s %d times, want once:\n%s", pattern, path, n, raw)
	}
	if err := os.WriteFile(path, p.ReplaceAllLiteral(raw, []byte(text)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// startAudit runs the audit webhook's receiver.
func startAudit(t *testing.T, address, sink string) *running {
	t.Helper()
	p := spawnAudit(t, address, sink)
	waitReady(t, p, address)
	return p
}

func spawnAudit(t *testing.T, address, sink string, env ...string) *running {
	t.Helper()
	return spawn(t, "audit-webhook", append([]string{
		"K_SINK=http://" + sink + "/", "LISTEN_ADDRESS=" + address, "AUDIT_TOKEN=" + auditToken,
		"CLUSTER_NAME=e2e", "LOG_FORMAT=text",
	}, env...))
}

// restartAPIServer ends the API server in an orderly way and waits until the
// next one is ready.
func (c *cluster) restartAPIServer(t *testing.T) {
	t.Helper()
	starts := func() int {
		log, err := c.Log()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(log, "Serving securely")
	}
	before := starts()
	if err := c.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the API server is back", func() error {
		if n := starts(); n <= before {
			return fmt.Errorf("started %d times", n)
		}
		_, err := process.Get(t.Context(), c.Client, c.Config.Host+"/readyz")
		return err
	})
}

// auditErrors is what the API server says that it lost, over all plugins.
func (c *cluster) auditErrors(t *testing.T) int {
	t.Helper()
	n, err := c.AuditErrors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type auditStatus struct {
	Events  uint64
	PutOff  int
	Dropped map[string]uint64
}

func readAudit(address string) (st auditStatus, err error) {
	err = statusOf(address, &st)
	return st, err
}

func bell(t *testing.T) *feishutest.Bot {
	t.Helper()
	bot := feishutest.NewBot(feishutest.Options{})
	bot.Start()
	t.Cleanup(bot.Close)
	return bot
}

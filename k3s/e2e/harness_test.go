//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
	"github.com/edgebell/edgebell/k3s/realcluster"
)

// bin is where `make build controlplane` puts the programs.
func bin(name string) string {
	path, err := filepath.Abs(filepath.Join("../../.cache/bin", name))
	if err != nil {
		panic(err)
	}
	return path
}

// running is a program that a test started.
type running struct{ *process.Process }

// spawn starts a program with more environment; at the test's end it is
// stopped, and its output shown when the test has failed.
func spawn(t *testing.T, name string, env []string, args ...string) *running {
	t.Helper()
	cmd := exec.Command(bin(name), args...)
	cmd.Env = append(os.Environ(), env...)
	started, err := process.Start(cmd, nil)
	if err != nil {
		t.Fatalf("%v (run make build controlplane)", err)
	}
	p := &running{started}
	t.Cleanup(func() {
		p.end(t)
		if t.Failed() {
			t.Logf("%s said:\n%s", name, process.Tail(p.Output(), 12_000))
		}
	})
	return p
}

// end asks the program to end and waits.
func (p *running) end(t *testing.T) {
	t.Helper()
	if err := p.Stop(30 * time.Second); err != nil {
		t.Error(err)
	}
}

// cluster is a running control plane.
type cluster struct{ *realcluster.Cluster }

// startCluster starts a control plane of its own.
func startCluster(t *testing.T, args ...string) *cluster {
	t.Helper()
	dir := t.TempDir()
	p := spawn(t, "controlplane", nil, append([]string{"up", "--dir", dir}, args...)...)
	c, err := realcluster.Of(t.Context(), p.Process, dir)
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{c}
}

// do sends a request to the API server and returns the answer.
func (c *cluster) do(t *testing.T, method, path, contentType string, body []byte) (int, []byte) {
	t.Helper()
	status, answer, err := c.Do(t.Context(), method, path, contentType, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, answer
}

// create posts an object and fails the test when it is refused.
func (c *cluster) create(t *testing.T, path string, object any) {
	t.Helper()
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := c.do(t, http.MethodPost, path, "application/json", body); status != http.StatusCreated {
		t.Fatalf("create at %s: %d %s", path, status, answer)
	}
}

// startNotify runs the function against a bot.
func startNotify(t *testing.T, bot *feishutest.Bot, address, dir string, env ...string) *running {
	t.Helper()
	p := spawn(t, "notify", append([]string{
		"FEISHU_WEBHOOK_URL=" + bot.URL, "LISTEN_ADDRESS=" + address, "DATA_DIR=" + dir,
		"CARD_LANGUAGE=en", "TIMEZONE=UTC", "CLUSTER_NAME=e2e", "LOG_FORMAT=text",
	}, env...))
	waitReady(t, p, address)
	return p
}

// startSource runs the event source between a cluster and the function.
func startSource(t *testing.T, c *cluster, sink string, env ...string) (*running, string) {
	t.Helper()
	address := process.FreeAddress()
	p := spawn(t, "event-source", append([]string{
		"KUBECONFIG=" + c.Kubeconfig, "K_SINK=http://" + sink + "/", "LISTEN_ADDRESS=" + address,
		"CLUSTER_NAME=e2e", "LOG_FORMAT=text",
	}, env...))
	waitReady(t, p, address)
	return p, address
}

// waitReady waits until /readyz is green.
func waitReady(t *testing.T, p *running, address string) {
	t.Helper()
	waitReadyAt(t, p, nil, "http://"+address)
}

func waitReadyAt(t *testing.T, p *running, client *http.Client, url string) {
	t.Helper()
	if err := p.Ready(t.Context(), client, url+"/readyz"); err != nil {
		t.Fatal(err)
	}
}

// statusOf reads a program's page into st.
func statusOf(address string, st any) error {
	raw, err := process.Get(context.Background(), nil, "http://"+address+"/status")
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, st)
}

// eventually tries until it works or the time is over.
func eventually(t *testing.T, within time.Duration, what string, try func() error) {
	t.Helper()
	if err := process.Eventually(t.Context(), 100*time.Millisecond, within, what, try); err != nil {
		t.Fatal(err)
	}
}

// object is a Kubernetes object as JSON has it.
type object = map[string]any

var errMissing = errors.New("not there yet")

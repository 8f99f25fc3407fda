//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// bin is where `make build controlplane` puts the programs.
func bin(name string) string {
	path, err := filepath.Abs(filepath.Join("../../.cache/bin", name))
	if err != nil {
		panic(err)
	}
	return path
}

// process is a program that a test started.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error

	mu  sync.Mutex
	out bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// spawn starts a program; at the test's end it is stopped, and its output shown
// when the test has failed.
func spawn(t *testing.T, name string, env []string, args ...string) (*process, io.Reader) {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(bin(name), args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v (run make build controlplane)", name, err)
	}
	var copied sync.WaitGroup
	out, w := io.Pipe()
	copied.Go(func() {
		_, _ = io.Copy(io.MultiWriter(p, discardAfterClose{w}), stdout)
		_ = w.Close()
	})
	go func() {
		copied.Wait()
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			t.Logf("%s said:\n%s", name, tail(p.output(), 12_000))
		}
	})
	return p, out
}

// discardAfterClose keeps a program's output flowing when nobody reads it.
type discardAfterClose struct{ w *io.PipeWriter }

func (d discardAfterClose) Write(b []byte) (int, error) {
	_, _ = d.w.Write(b)
	return len(b), nil
}

func tail(s string, n int) string { return s[max(len(s)-n, 0):] }

// stop asks the program to end and waits.
func (p *process) stop(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		t.Errorf("%s did not end within 30 s of SIGTERM", p.name)
	}
}

// kill ends the program as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// cluster is a running control plane.
type cluster struct {
	*process
	dir, kubeconfig string
	config          *rest.Config
	client          *http.Client
}

// startCluster starts a control plane of its own.
func startCluster(t *testing.T, args ...string) *cluster {
	t.Helper()
	dir := t.TempDir()
	p, out := spawn(t, "controlplane", nil, append([]string{"up", "--dir", dir}, args...)...)
	c := &cluster{process: p, dir: dir}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if path, ok := strings.CutPrefix(lines.Text(), "KUBECONFIG="); ok {
			c.kubeconfig = path
			break
		}
	}
	if c.kubeconfig == "" {
		t.Fatal("the control plane ended without a KUBECONFIG line")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	var err error
	if c.config, err = clientcmd.BuildConfigFromFlags("", c.kubeconfig); err != nil {
		t.Fatal(err)
	}
	if c.client, err = rest.HTTPClientFor(c.config); err != nil {
		t.Fatal(err)
	}
	return c
}

// do sends a request to the API server and returns the answer.
func (c *cluster) do(t *testing.T, method, path, contentType string, body []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.config.Host+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := c.client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
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

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// startNotify runs the function against a bot.
func startNotify(t *testing.T, bot *feishutest.Bot, address, dir string, env ...string) *process {
	t.Helper()
	p, out := spawn(t, "notify", append([]string{
		"FEISHU_WEBHOOK_URL=" + bot.URL, "LISTEN_ADDRESS=" + address, "DATA_DIR=" + dir,
		"CARD_LANGUAGE=en", "TIMEZONE=UTC", "CLUSTER_NAME=e2e", "LOG_FORMAT=text",
	}, env...))
	go func() { _, _ = io.Copy(io.Discard, out) }()
	waitReady(t, p, address)
	return p
}

// startSource runs the event source between a cluster and the function.
func startSource(t *testing.T, c *cluster, sink string, env ...string) (*process, string) {
	t.Helper()
	address := freeAddress(t)
	p, out := spawn(t, "event-source", append([]string{
		"KUBECONFIG=" + c.kubeconfig, "K_SINK=http://" + sink + "/", "LISTEN_ADDRESS=" + address,
		"CLUSTER_NAME=e2e", "LOG_FORMAT=text",
	}, env...))
	go func() { _, _ = io.Copy(io.Discard, out) }()
	waitReady(t, p, address)
	return p, address
}

// waitReady waits until /readyz is green.
func waitReady(t *testing.T, p *process, address string) {
	t.Helper()
	waitReadyAt(t, p, http.DefaultClient, "http://"+address)
}

func waitReadyAt(t *testing.T, p *process, client *http.Client, url string) {
	t.Helper()
	eventually(t, 30*time.Second, p.name+" is ready", func() error {
		select {
		case <-p.done:
			t.Fatalf("%s ended: %v", p.name, p.err)
		default:
		}
		resp, err := client.Get(url + "/readyz")
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			body, _ := io.ReadAll(resp.Body)
			return fmt.Errorf("%s: %s", resp.Status, body)
		}
		return nil
	})
}

// eventually tries until it works or the time is over.
func eventually(t *testing.T, within time.Duration, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s: %v", what, within, err)
		case <-tick.C:
		}
	}
}

// object is a Kubernetes object as JSON has it.
type object = map[string]any

var errMissing = errors.New("not there yet")

// Package realcluster talks to a real control plane that runs as a child:
// kube-apiserver and kine as in K3S, built by k3s/controlplane. It is for
// loopback and for one test or measurement; nothing that is shipped imports it.
//
// Begin with process.Start of `controlplane up --dir DIR`, then Of.
package realcluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/edgebell/edgebell/k3s/process"
)

// Cluster is a control plane that has come up.
type Cluster struct {
	*process.Process
	Dir        string // where it keeps its files
	Kubeconfig string // the administrator's
	Config     *rest.Config
	Client     *http.Client
}

// patience is long: a slow machine takes minutes to bring everything up.
const patience = 3 * time.Minute

var kubeconfig = regexp.MustCompile(`(?m)^KUBECONFIG=(.+)\n`)

// Of waits until the control plane that p is has come up. dir is its --dir. Who
// has started p ends it.
func Of(ctx context.Context, p *process.Process, dir string) (*Cluster, error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	said, err := p.Says(within, kubeconfig, 1)
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", said[1])
	if err != nil {
		return nil, err
	}
	client, err := rest.HTTPClientFor(config)
	return &Cluster{Process: p, Dir: dir, Kubeconfig: said[1], Config: config, Client: client}, err
}

// Do makes one request as the administrator; status 0 is no answer.
func (c *Cluster) Do(ctx context.Context, method, path, contentType string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.Config.Host+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := c.Client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// Component is a process of the control plane: apiserver is the kube-apiserver.
func (c *Cluster) Component(name string) (process.PID, error) {
	raw, err := os.ReadFile(filepath.Join(c.Dir, name+".pid"))
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	return process.PID(pid), err
}

// Log is what the kube-apiserver has logged.
func (c *Cluster) Log() (string, error) {
	raw, err := os.ReadFile(filepath.Join(c.Dir, "apiserver.log"))
	return string(raw), err
}

// AuditErrors is how many entries the API server says that its audit backends
// have lost.
func (c *Cluster) AuditErrors(ctx context.Context) (n int, err error) {
	status, answer, err := c.Do(ctx, http.MethodGet, "/metrics", "", nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("read metrics: %d %s", status, process.Tail(string(answer), 200))
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(answer)) {
		if !strings.HasPrefix(line, "apiserver_audit_error_total{") {
			continue
		}
		_, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		one, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("metric %q: %w", line, err)
		}
		n += int(one)
	}
	return n, nil
}

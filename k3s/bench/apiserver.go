package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// apiServer is a real one, without controllers.
type apiServer struct {
	*process
	dir, kubeconfig, host string
	client                *http.Client
	clean                 func()
}

func (a *apiServer) stop() {
	a.process.stop()
	a.clean()
}

// startAPIServer takes more flags for the control plane.
func (b *bench) startAPIServer(flags ...string) (*apiServer, error) {
	dir, clean, err := b.folder()
	if err != nil {
		return nil, err
	}
	p, err := b.spawn(b.opts.controlplane, nil, append([]string{"up", "--dir", dir, "--without", "controller-manager,scheduler"}, flags...)...)
	if err != nil {
		clean()
		return nil, err
	}
	a := &apiServer{process: p, dir: dir, clean: clean}
	err = b.eventually(2*time.Minute, "the control plane is ready", func() error {
		lines := bufio.NewScanner(strings.NewReader(p.said()))
		for lines.Scan() {
			if path, ok := strings.CutPrefix(lines.Text(), "KUBECONFIG="); ok {
				a.kubeconfig = path
				return nil
			}
		}
		return fmt.Errorf("it says: %s", tail(p.said()))
	})
	if err != nil {
		a.stop()
		return nil, err
	}
	rc, err := clientcmd.BuildConfigFromFlags("", a.kubeconfig)
	if err != nil {
		a.stop()
		return nil, err
	}
	a.host = rc.Host
	a.client, err = rest.HTTPClientFor(rc)
	return a, err
}

const eventsPath = "/api/v1/namespaces/default/events"

// write creates an Event and returns when that began and when it was answered.
func (a *apiServer) write(ev *corev1.Event) (began, answered time.Time, err error) {
	body, err := eventBody(ev)
	if err != nil {
		return began, answered, err
	}
	return a.post(eventsPath, body, http.StatusCreated)
}

// tryWrite has an Event checked and not stored.
func (a *apiServer) tryWrite(ev *corev1.Event) error {
	body, err := eventBody(ev)
	if err == nil {
		_, _, err = a.post(eventsPath+"?dryRun=All", body, http.StatusCreated)
	}
	return err
}

// writeNonsense has a body refused.
func (a *apiServer) writeNonsense(*corev1.Event) error {
	_, _, err := a.post(eventsPath, []byte("this is no Event"), http.StatusBadRequest)
	return err
}

func eventBody(ev *corev1.Event) ([]byte, error) {
	ev.Namespace, ev.InvolvedObject.Namespace = "default", "default"
	ev.UID, ev.ManagedFields = "", nil
	return json.Marshal(ev)
}

// post wants one status and returns when it began and when it was answered.
func (a *apiServer) post(path string, body []byte, want int) (began, answered time.Time, err error) {
	began = time.Now()
	resp, err := a.client.Post(a.host+path, "application/json", bytes.NewReader(body))
	if err != nil {
		return began, answered, err
	}
	answered = time.Now()
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("create Event: %s: %s", resp.Status, raw)
	}
	return began, answered, err
}

// component is a process of the control plane by the name of its pid file.
func (a *apiServer) component(name string) (*process, error) {
	raw, err := os.ReadFile(filepath.Join(a.dir, name+".pid"))
	if err != nil {
		return nil, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	return &process{name: name, pid: pid}, err
}

// log is the end of the kube-apiserver's log.
func (a *apiServer) log() string {
	raw, err := os.ReadFile(filepath.Join(a.dir, "apiserver.log"))
	if err != nil {
		return err.Error()
	}
	return tail(string(raw))
}

// auditErrors is what the API server says that its audit backends lost.
func (a *apiServer) auditErrors() (n int, err error) {
	resp, err := a.client.Get(a.host + "/metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "apiserver_audit_error_total{") {
			continue
		}
		_, value, _ := strings.Cut(lines.Text(), "} ")
		one, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("metric %q: %w", lines.Text(), err)
		}
		n += int(one)
	}
	return n, lines.Err()
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// apiServer is a real one, without controllers.
type apiServer struct {
	*process
	kubeconfig, host string
	client           *http.Client
	clean            func()
}

func (a *apiServer) stop() {
	a.process.stop()
	a.clean()
}

func (b *bench) startAPIServer() (*apiServer, error) {
	dir, clean, err := b.folder()
	if err != nil {
		return nil, err
	}
	p, err := b.spawn(b.opts.controlplane, nil, "up", "--dir", dir, "--without", "controller-manager,scheduler")
	if err != nil {
		return nil, err
	}
	a := &apiServer{process: p, clean: clean}
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

// write creates an Event and returns when that began and when it was answered.
func (a *apiServer) write(ev *corev1.Event) (began, answered time.Time, err error) {
	ev.Namespace, ev.InvolvedObject.Namespace = "default", "default"
	ev.UID, ev.ManagedFields = "", nil
	body, err := json.Marshal(ev)
	if err != nil {
		return began, answered, err
	}
	began = time.Now()
	resp, err := a.client.Post(a.host+"/api/v1/namespaces/default/events", "application/json", bytes.NewReader(body))
	if err != nil {
		return began, answered, err
	}
	answered = time.Now()
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusCreated {
		err = fmt.Errorf("create Event: %s: %s", resp.Status, raw)
	}
	return began, answered, err
}

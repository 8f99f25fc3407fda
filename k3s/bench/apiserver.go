package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/k3s/process"
	"github.com/edgebell/edgebell/k3s/realcluster"
)

// apiServer is a real one, without controllers.
type apiServer struct {
	*realcluster.Cluster
	stop func()
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
	a := &apiServer{stop: func() { p.stop(); clean() }}
	if a.Cluster, err = realcluster.Of(b.ctx, p.Process, dir); err != nil {
		a.stop()
	}
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
	resp, err := a.Client.Post(a.Config.Host+path, "application/json", bytes.NewReader(body))
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

// log is the end of the kube-apiserver's log.
func (a *apiServer) log() string {
	said, err := a.Log()
	if err != nil {
		return err.Error()
	}
	return process.Tail(said, 2000)
}

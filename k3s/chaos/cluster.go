package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/k3s/process"
	"github.com/edgebell/edgebell/k3s/realcluster"
)

// plane is a real control plane: kube-apiserver and kine, as in K3S.
type plane struct{ *realcluster.Cluster }

// plane starts a control plane that compacts all the time.
func (r *run) plane(args ...string) (*plane, error) {
	dir := filepath.Join(r.dir, "plane")
	started, err := r.spawn("controlplane", nil, append([]string{
		"up", "--dir", dir, "--without", "controller-manager,scheduler",
		"--compact-interval", "2s", "--compact-min-retain", "1", "--kine-notify-interval", "1s",
	}, args...), nil)
	if err != nil {
		return nil, err
	}
	p := &plane{}
	if p.Cluster, err = realcluster.Of(r.ctx, started, dir); err == nil {
		p.Client.Timeout = 10 * time.Second
		err = p.must(r.ctx, http.MethodPost, "/api/v1/namespaces", object{"metadata": object{"name": namespace}})
	}
	if err != nil {
		return nil, errors.Join(err, started.Stop(stopPatience))
	}
	return p, nil
}

type object = map[string]any

// do makes one request; status 0 is none.
func (p *plane) do(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	contentType := "application/json"
	if method == http.MethodPatch {
		contentType = "application/merge-patch+json"
	}
	return p.Do(ctx, method, path, contentType, raw)
}

// must repeats a request until the API server has taken it. What it asks for
// may be asked twice.
func (p *plane) must(ctx context.Context, method, path string, body any) error {
	return eventually(ctx, 2*time.Minute, method+" "+path, func() error {
		status, answer, err := p.do(ctx, method, path, body)
		switch {
		case err != nil:
			return err
		case status/100 == 2, status == http.StatusConflict && method == http.MethodPost, status == http.StatusNotFound && method == http.MethodDelete:
			return nil
		case status/100 == 4 && status != http.StatusTooManyRequests && status != http.StatusForbidden && status != http.StatusUnauthorized:
			return process.Final(fmt.Errorf("%s %s: %d %s", method, path, status, answer))
		}
		return fmt.Errorf("%d %s", status, process.Tail(string(answer), 200))
	})
}

const eventsPath = "/api/v1/namespaces/" + namespace + "/events"

// write puts an Event as it is now: a patch with the whole count, so that it
// may be repeated when the answer was lost.
func (p *plane) write(ctx context.Context, ev *corev1.Event, fresh bool) error {
	if !fresh {
		return p.must(ctx, http.MethodPatch, eventsPath+"/"+ev.Name, object{"count": ev.Count, "lastTimestamp": ev.LastTimestamp})
	}
	ev.UID, ev.ResourceVersion = "", ""
	return p.must(ctx, http.MethodPost, eventsPath, ev)
}

// list is what the API server holds.
func (p *plane) list(ctx context.Context) ([]*corev1.Event, error) {
	var list corev1.EventList
	err := eventually(ctx, 2*time.Minute, "list Events", func() error {
		status, answer, err := p.do(ctx, http.MethodGet, eventsPath, nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d %s", status, process.Tail(string(answer), 200))
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(answer, &list)
	})
	out := make([]*corev1.Event, len(list.Items))
	for i := range list.Items {
		out[i] = &list.Items[i]
	}
	return out, err
}

// account is what the API server holds as an account.
func (p *plane) account(ctx context.Context) (account, error) {
	events, err := p.list(ctx)
	return sum(events), err
}

// killAPIServer kills the API server alone; the control plane starts it again.
func (p *plane) killAPIServer() error {
	pid, err := p.Component("apiserver")
	if err != nil {
		return fmt.Errorf("find the API server: %w", err)
	}
	if err := pid.Signal(syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill the API server: %w", err)
	}
	return nil
}

// back waits until the API server is ready again.
func (p *plane) back(ctx context.Context) error {
	return eventually(ctx, 2*time.Minute, "API server is ready", func() error {
		status, answer, err := p.do(ctx, http.MethodGet, "/readyz", nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d %s", status, process.Tail(string(answer), 200))
		}
		return err
	})
}

// recorder writes Events as a cluster's components do.
type recorder struct {
	plane  *plane
	events *generator
}

func (p *plane) recorder(s *scene) *recorder { return &recorder{p, &generator{rng: split(s.rng)}} }

// write writes n times.
func (w *recorder) write(ctx context.Context, n int) error {
	for range n {
		ev, fresh := w.next()
		if err := w.plane.write(ctx, ev, fresh); err != nil {
			return err
		}
	}
	return nil
}

func (w *recorder) next() (ev *corev1.Event, fresh bool) {
	if len(w.events.made) == 0 || w.events.rng.IntN(3) == 0 {
		return w.events.fresh(), true
	}
	return w.events.again(), false
}

// live writes until end is called.
func (w *recorder) live(ctx context.Context) (end func() error) {
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := w.write(ctx, 1); err != nil {
				done <- err
				return
			}
			pause(ctx, time.Duration(w.events.rng.Int64N(int64(30*time.Millisecond))))
		}
	}()
	return func() error { close(stop); return <-done }
}

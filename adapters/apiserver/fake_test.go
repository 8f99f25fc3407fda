package apiserver_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

// taker is a sink in memory.
type taker struct {
	mu sync.Mutex
	// took counts each id; order has them as they came; batches are the sizes.
	took    map[string]int
	order   []string
	batches []int
	// slow is how long a delivery takes; gate, when set, holds it.
	slow time.Duration
	gate chan struct{}
	each func()
}

func (k *taker) Deliver(ctx context.Context, events []event.Event) error {
	k.mu.Lock()
	slow, gate, each := k.slow, k.gate, k.each
	k.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.took == nil {
		k.took = map[string]int{}
	}
	k.batches = append(k.batches, len(events))
	for i := range events {
		k.took[events[i].ID()]++
		k.order = append(k.order, strings.TrimSuffix(events[i].Subject(), "/"))
	}
	if each != nil {
		each()
	}
	return nil
}

func (k *taker) hold() (open func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	gate := make(chan struct{})
	k.gate = gate
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.gate = nil
		close(gate)
	}
}

// posted is how many events came, each copy counted.
func (k *taker) posted() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.order)
}

func (k *taker) subjects() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.order...)
}

// missing are the ids of what the server has now and the taker does not.
func (k *taker) missing(srv *apiservertest.Server) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, ev := range srv.Events() {
		if id := string(ev.UID) + "." + ev.ResourceVersion; k.took[id] == 0 {
			out = append(out, id)
		}
	}
	return out
}

// some Events, named from first on.
func some(first, n int) []*corev1.Event {
	out := make([]*corev1.Event, n)
	for i := range out {
		ev := &corev1.Event{}
		ev.Namespace, ev.Name = "default", fmt.Sprintf("e%06d", first+i)
		ev.InvolvedObject = corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: fmt.Sprintf("p%d", first+i)}
		ev.Reason, ev.Type, ev.Message, ev.Count = "BackOff", "Warning", "Back-off restarting failed container", 1
		out[i] = ev
	}
	return out
}

// log is safe for the goroutines of a source.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), s)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start runs a source against the server without a network.
func start(t *testing.T, srv *apiservertest.Server, sink apiserver.Sink, cfg apiserver.Config) (*apiserver.Source, *log) {
	t.Helper()
	return startAt(t, &rest.Config{Host: "http://api.test", Transport: srv.Transport()}, sink, cfg)
}

func startAt(t *testing.T, rc *rest.Config, sink apiserver.Sink, cfg apiserver.Config) (*apiserver.Source, *log) {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	l := &log{}
	src, err := apiserver.NewForConfig(rc, cfg, "edge", 100, sink, slog.New(slog.NewTextHandler(l, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = src.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return src, l
}

// inFakeTime runs a test in fake time; passing time does not block.
func inFakeTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// pass lets time pass, and everything settle.
func pass(d time.Duration) {
	time.Sleep(d) // fake time
	synctest.Wait()
}

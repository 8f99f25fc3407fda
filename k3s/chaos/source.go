package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
	"github.com/edgebell/edgebell/k3s/process"
)

// source is the event source between an API server and a scene's function.
type source struct {
	run     *run
	address string
	env     []string
	process *process.Process
}

func (s *scene) source(kubeconfig string, env ...string) *source {
	address := process.FreeAddress()
	return &source{run: s.run, address: address, env: append([]string{
		"KUBECONFIG=" + kubeconfig, "K_SINK=http://" + s.sink + "/", "LISTEN_ADDRESS=" + address, "CLUSTER_NAME=" + cluster,
	}, env...)}
}

func (src *source) start() (err error) {
	src.process, err = src.run.spawn("event-source", src.env, nil, nil)
	return err
}

// up starts the source and waits until it reads.
func (src *source) up(ctx context.Context) error {
	if err := src.start(); err != nil {
		return err
	}
	return src.process.Ready(ctx, nil, "http://"+src.address+"/readyz")
}

func (src *source) kill() {
	if src.process != nil {
		src.process.Kill()
	}
}

// stand is a stand-in API server on which Events go on.
type stand struct {
	api        *apiservertest.Server
	kubeconfig string
	srv        *http.Server
	events     *generator
}

func (s *scene) stand() (*stand, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the API server: %w", err)
	}
	api := apiservertest.New()
	st := &stand{
		api: api, events: &generator{rng: split(s.rng)}, kubeconfig: filepath.Join(filepath.Dir(s.dir), "kubeconfig"),
		srv: &http.Server{Handler: api, ReadHeaderTimeout: time.Minute},
	}
	go func() { _ = st.srv.Serve(ln) }() // ends with Close
	return st, os.WriteFile(st.kubeconfig, apiservertest.Kubeconfig("http://"+ln.Addr().String(), nil, ""), 0o600)
}

// live lets Events happen until end is called.
func (st *stand) live(ctx context.Context, rng *rand.Rand) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	var writing sync.WaitGroup
	writing.Go(func() {
		for ctx.Err() == nil {
			st.happen(rng)
			pause(ctx, time.Duration(rng.Int64N(int64(20*time.Millisecond))))
		}
	})
	return func() {
		stop()
		writing.Wait()
	}
}

// happen is one thing that happens in a cluster: mostly an Event that goes on,
// at times a compaction or a broken watch.
func (st *stand) happen(rng *rand.Rand) {
	switch n := rng.IntN(100); {
	case n == 0:
		st.api.Compact()
	case n == 1:
		st.api.BreakWatches()
	case n < 20:
		st.api.Add(st.events.fresh())
	default:
		now := st.events.again()
		known := st.api.Modify(now.Namespace, now.Name, func(ev *corev1.Event) {
			ev.Count, ev.LastTimestamp = now.Count, now.LastTimestamp
		})
		if !known {
			st.api.Add(now)
		}
	}
}

func (st *stand) account() account { return sum(st.api.Events()) }

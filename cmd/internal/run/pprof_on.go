//go:build pprof

package run

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"
)

const profilesBuilt = true

// serving: a process that begins anew with a changed secret serves them on.
var serving atomic.Bool

// Serve serves profiles in the background until ctx ends, if they were asked
// for. The process's own server does not show them.
func (p *Profiles) Serve(ctx context.Context) error {
	if p.Address == "" || serving.Load() {
		return nil
	}
	ln, err := net.Listen("tcp", p.Address)
	if err != nil {
		return fmt.Errorf("listen on PPROF_ADDRESS: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	serving.Store(true)
	context.AfterFunc(ctx, func() { _ = srv.Close(); serving.Store(false) })
	go func() { _ = srv.Serve(ln) }() // ends with Close
	slog.Warn("profiles are served", "address", ln.Addr().String())
	return nil
}

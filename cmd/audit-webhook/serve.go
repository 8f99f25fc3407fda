package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// stopTime is how long open requests may take once the process is to stop; an
// answer takes no longer.
const stopTime = 5 * time.Second

// serve is run.Serve with HTTPS, and with a body's time cut to what an API
// server on this host needs.
func serve(ctx context.Context, address string, conf *tls.Config, h http.Handler) error {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen on LISTEN_ADDRESS: %w", err)
	}
	srv := &http.Server{
		Handler:           h,
		TLSConfig:         conf,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	slog.Info("listening", "address", ln.Addr().String(), "tls", conf != nil)
	done := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		done <- srv.Shutdown(stop)
	}()
	start := srv.Serve
	if conf != nil {
		start = func(ln net.Listener) error { return srv.ServeTLS(ln, "", "") }
	}
	if err := start(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return <-done
}

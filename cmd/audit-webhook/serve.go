package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"github.com/edgebell/edgebell/cmd/internal/run"
)

// stopTime is how long open requests may take once the process is to stop; an
// answer takes no longer.
const stopTime = 5 * time.Second

// serve is run.Serve with HTTPS, and with a body's time cut to what an API
// server on this host needs.
func serve(ctx context.Context, address string, conf *tls.Config, h http.Handler) error {
	return run.ServeWith(ctx, address, 0, &http.Server{
		Handler:           h,
		TLSConfig:         conf,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}, stopTime)
}

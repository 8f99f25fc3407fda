// Package run is what every main shares: signals, the logger, the HTTP server
// and the exit. Only it ends the process.
package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Exit codes.
const (
	exitError  = 1
	exitConfig = 2
)

// Log is the logging part of every process's environment.
type Log struct {
	Level  string `env:"LOG_LEVEL, default=info"`
	Format string `env:"LOG_FORMAT, default=json"`
}

// Validate names the variable that is wrong.
func (l *Log) Validate() error {
	var errs []error
	if _, err := l.level(); err != nil {
		errs = append(errs, fmt.Errorf("LOG_LEVEL %q: must be debug, info, warn or error", l.Level))
	}
	if l.Format != "json" && l.Format != "text" {
		errs = append(errs, fmt.Errorf("LOG_FORMAT %q: must be json or text", l.Format))
	}
	return errors.Join(errs...)
}

func (l *Log) level() (level slog.Level, err error) {
	err = level.UnmarshalText([]byte(l.Level))
	return level, err
}

// Setup makes the default logger, which writes to standard error.
func (l *Log) Setup(name string) *slog.Logger {
	level, _ := l.level()
	opts := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewJSONHandler(os.Stderr, opts)
	if l.Format == "text" {
		h = slog.NewTextHandler(os.Stderr, opts)
	}
	log := slog.New(h).With("process", name)
	slog.SetDefault(log)
	for _, line := range process.near {
		log.Warn("variable is ignored", "variable", line)
	}
	return log
}

// Main runs a process until it ends by itself or by SIGINT or SIGTERM, and
// exits. When a secret's file changes while it serves, realMain is run anew.
func Main(name string, realMain func(context.Context) error) {
	// A core file would hold the secrets. A limit can always be lowered.
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := process.turns(ctx, realMain)
	stop()
	os.Exit(report(os.Stderr, name, err))
}

func report(w io.Writer, name string, err error) int {
	var bad configError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad):
		for line := range strings.SplitSeq(bad.Error(), "\n") {
			_, _ = fmt.Fprintf(w, "%s: %s\n", name, line)
		}
		return exitConfig
	}
	_, _ = fmt.Fprintf(w, "%s: %v\n", name, err)
	return exitError
}

// stopTime is how long open requests may take once the process is to stop.
const stopTime = 4 * time.Second

// Serve serves h on address until ctx ends or a secret's file has changed, then
// lets open requests end. Headers and bodies that come too slowly are cut off;
// at most conns connections are open, MaxConns where it is 0.
func Serve(ctx context.Context, address string, conns int, h http.Handler) error {
	return ServeWith(ctx, address, conns, &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}, stopTime)
}

// ServeWith is Serve with limits of the caller's own; it speaks HTTPS when srv
// has a TLSConfig, and HTTP/1.1 alone: nobody who talks to us needs HTTP/2, and
// much has been done to servers by its means. A handshake may take as long as
// the headers, and 16 KiB. Open requests may take stop once the process is to stop. Who
// opens too many connections loses some.
func ServeWith(ctx context.Context, address string, conns int, srv *http.Server, stop time.Duration) error {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen on LISTEN_ADDRESS: %w", err)
	}
	ctx, end := process.untilChanged(ctx)
	defer end()
	start := srv.Serve
	if srv.TLSConfig != nil {
		srv.TLSConfig = guard(srv.TLSConfig)
		start = func(ln net.Listener) error { return srv.ServeTLS(door{ln}, "", "") }
	}
	srv.Protocols = new(http.Protocols)
	srv.Protocols.SetHTTP1(true)
	srv.ConnState = newCrowd(cmp.Or(conns, MaxConns)).track
	slog.Info("listening", "address", ln.Addr().String(), "tls", srv.TLSConfig != nil)
	done := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stop)
		defer cancel()
		done <- shutDown(stopping, srv)
	}()
	if err := start(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return <-done
}

// shutDown cuts off who does not end in time. They were not answered and send
// again, so it is no error; and a stranger who opens a connection and says
// nothing must not end a process that means to begin anew.
func shutDown(ctx context.Context, srv *http.Server) error {
	err := srv.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		slog.Warn("connections cut off: they did not end in time")
		err = srv.Close()
	}
	return err
}

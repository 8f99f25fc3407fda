package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/edgebell/edgebell/cmd/internal/run"
	"github.com/edgebell/edgebell/functions/channel"
	"github.com/edgebell/edgebell/functions/notify"
)

// errCheck ends notify --check with 1; what was wrong is on standard output.
var errCheck = errors.New("a test message was not delivered")

// checkRoutes is notify --check: it sends one test message on every route and
// says in words what came of each. It leaves the ledger alone, which a running
// notify holds.
func checkRoutes(ctx context.Context) error {
	var cfg config
	if err := run.Config(ctx, &cfg); err != nil {
		return err
	}
	known := notify.AfterRelease(time.Now)
	routes, err := open(&cfg, known)
	if err != nil {
		return err
	}
	bad := false
	for _, r := range routes {
		d := notify.Check(ctx, r, known)
		if cfg.Channels.Routes != "" {
			d.Route = r.Name + " (" + r.Kind + ")"
		}
		fmt.Println(d)
		bad = bad || !d.OK
	}
	if bad {
		return errCheck
	}
	return nil
}

// open opens the routes without a ledger; warnings go to standard error.
func open(cfg *config, known func() time.Time) ([]notify.Route, error) {
	for _, w := range cfg.Channels.Warnings() {
		fmt.Fprintln(os.Stderr, "notify: "+w)
	}
	return cfg.Channels.Open(channel.Options{
		Cluster: cfg.Notify.Cluster, Log: slog.New(warnings{os.Stderr}), TLSTime: known, Stdout: os.Stdout,
	})
}

// warnings logs for a person at a terminal: the bare message of what is worth
// a warning.
type warnings struct{ w io.Writer }

func (h warnings) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (h warnings) WithAttrs([]slog.Attr) slog.Handler           { return h }
func (h warnings) WithGroup(string) slog.Handler                { return h }

func (h warnings) Handle(_ context.Context, r slog.Record) error {
	_, err := fmt.Fprintln(h.w, "notify: "+r.Message)
	return err
}

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/edgebell/edgebell/adapters/token"
	"github.com/edgebell/edgebell/cmd/internal/run"
	"github.com/edgebell/edgebell/functions/channel"
	"github.com/edgebell/edgebell/functions/ledger"
	"github.com/edgebell/edgebell/functions/notify"
)

type config struct {
	Notify   notify.Config
	Channels channel.Config
	Log      run.Log

	Profiles run.Profiles
}

// Validate names every variable that is wrong. The routes' variables, whose
// names are not fixed, are read here.
func (c *config) Validate() error {
	under := func(prefix string, cfg any) error { return run.Under(context.Background(), prefix, cfg) }
	return errors.Join(c.Notify.Validate(), c.Channels.Read(under, run.Environ(), c.Notify.Card), c.Log.Validate(), c.Profiles.Validate())
}

// function wires the routes that the environment names.
func function(cfg *config, l *ledger.Ledger, log *slog.Logger) (*notify.Function, error) {
	dates, err := notify.NewDates(l, time.Now, log)
	if err != nil {
		return nil, err
	}
	if weak := token.Weakness("SINK_TOKEN", cfg.Notify.SinkToken); weak != "" {
		log.Warn(weak)
	}
	for _, w := range cfg.Channels.Warnings() {
		log.Warn(w)
	}
	routes, err := cfg.Channels.Open(channel.Options{
		Cluster: cfg.Notify.Cluster, Log: log, TLSTime: dates.Now, Dates: dates, Stdout: os.Stdout,
	})
	if err != nil {
		return nil, err
	}
	return notify.New(cfg.Notify, l, routes, notify.WithLogger(log), notify.WithTime(notify.OrKernelTime(notify.FarTime(dates.Now, routes...)))), nil
}

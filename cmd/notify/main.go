// Command notify is the function: it keeps the Warnings that come as
// CloudEvents at POST / and tells them in a Feishu group. See the README for
// its environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the image has no time zones of its own

	"github.com/edgebell/edgebell/cmd/internal/run"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/ledger"
	"github.com/edgebell/edgebell/functions/notify"
)

type config struct {
	Notify notify.Config
	Log    run.Log

	Profiles run.Profiles
}

// Validate names every variable that is wrong.
func (c *config) Validate() error {
	return errors.Join(c.Notify.Validate(), c.Log.Validate(), c.Profiles.Validate())
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == checkCommand {
		os.Exit(checkLedger(os.Args[2]))
	}
	if len(os.Args) == 2 && strings.TrimLeft(os.Args[1], "-") == "check" {
		run.Main("notify", checkChannel)
	}
	run.Main("notify", realMain)
}

func realMain(ctx context.Context) error {
	var cfg config
	if err := run.Config(ctx, &cfg); err != nil {
		return err
	}
	log := cfg.Log.Setup("notify")
	if err := cfg.Profiles.Serve(ctx); err != nil {
		return err
	}
	l, err := ledger.Open(cfg.Notify.Ledger, ledger.WithLogger(log), ledger.WithCheck(checkInChild))
	if err != nil {
		return err
	}
	f, err := function(cfg.Notify, l, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}

	// Both ways end together: what was taken is on disk, so the way out need
	// not wait for it.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var out sync.WaitGroup
	out.Go(func() { f.Run(ctx) })
	err = run.Serve(ctx, cfg.Notify.ListenAddress, f.Handler())
	stop()
	out.Wait()
	return errors.Join(err, l.Close())
}

// function wires the channel that the environment names.
func function(cfg notify.Config, l *ledger.Ledger, log *slog.Logger) (*notify.Function, error) {
	cards, err := card.New(cfg.Card, card.Options{Keyword: cfg.Feishu.Keyword, Cluster: cfg.Cluster})
	if err != nil {
		return nil, fmt.Errorf("prepare cards: %w", err)
	}
	if cfg.Channel == notify.ChannelLog {
		return notify.New(cfg, l, notify.NewLog(cards, os.Stdout), notify.WithLogger(log)), nil
	}
	dates, err := notify.NewDates(l, time.Now, log)
	if err != nil {
		return nil, err
	}
	client, err := feishu.New(cfg.Feishu, feishu.WithLogger(log), feishu.WithTLSTime(dates.Now))
	if err != nil {
		return nil, fmt.Errorf("prepare Feishu client: %w", err)
	}
	for _, w := range cfg.Feishu.Warnings() {
		log.Warn(w)
	}
	return notify.New(cfg, l, notify.NewFeishu(cards, client, dates), notify.WithLogger(log),
		notify.WithTarget(client.String()), notify.WithClockOffset(client.Offset),
		notify.WithTime(notify.FarTime(client, dates.Now))), nil
}

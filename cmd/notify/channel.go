package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/edgebell/edgebell/cmd/internal/run"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/notify"
)

// errCheck ends notify --check with 1; what was wrong is on standard output.
var errCheck = errors.New("the test message was not delivered")

// checkChannel is notify --check: it sends one test message and says in words
// what came of it. It leaves the ledger alone, which a running notify holds.
func checkChannel(ctx context.Context) error {
	var cfg config
	if err := run.Config(ctx, &cfg); err != nil {
		return err
	}
	d, err := check(ctx, cfg.Notify)
	if err != nil {
		return err
	}
	fmt.Println(d)
	if !d.OK {
		return errCheck
	}
	return nil
}

func check(ctx context.Context, cfg notify.Config) (notify.Diagnosis, error) {
	cards, err := card.New(cfg.Card, card.Options{Keyword: cfg.Feishu.Keyword, Cluster: cfg.Cluster})
	if err != nil {
		return notify.Diagnosis{}, fmt.Errorf("prepare cards: %w", err)
	}
	known := notify.AfterRelease(time.Now)
	if cfg.Channel == notify.ChannelLog {
		now := func() (time.Time, bool) { return known(), false }
		return notify.Check(ctx, cfg, notify.NewLog(cards, os.Stdout), now, func() time.Duration { return 0 }), nil
	}
	client, err := feishu.New(cfg.Feishu, feishu.WithTLSTime(known))
	if err != nil {
		return notify.Diagnosis{}, fmt.Errorf("prepare Feishu client: %w", err)
	}
	for _, w := range cfg.Feishu.Warnings() {
		fmt.Fprintln(os.Stderr, "notify: "+w)
	}
	return notify.Check(ctx, cfg, notify.NewFeishu(cards, client, nil), notify.FarTime(client, known), client.Offset), nil
}

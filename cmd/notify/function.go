package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/ledger"
	"github.com/edgebell/edgebell/functions/notify"
)

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

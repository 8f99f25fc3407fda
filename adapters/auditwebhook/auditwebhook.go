// Package auditwebhook takes what a kube-apiserver's audit webhook posts and
// hands the Events in it to a sink as CloudEvents. It answers 200 only when the
// sink owns them or refuses them for good, and 503 otherwise, so that the API
// server's own retries are used whole; an answer never takes longer than five
// seconds, since it is the node's control plane that waits. It keeps nothing on
// disk and never asks the API server for anything.
//
// Begin with New; Handler serves the way in, Run keeps count of what was put
// off and is not coming again.
package auditwebhook

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/adapters/token"
)

const (
	// answerTime bounds the answer to a body that has come.
	answerTime = 4500 * time.Millisecond
	// maxOpen is how many requests are open at once; the API server opens a
	// connection for each.
	maxOpen = 256
	// spareBytes is what small bodies have beside one of the largest size.
	spareBytes = 1 << 20
)

// Webhook is the receiving end of an audit webhook.
type Webhook struct {
	cfg   Config
	log   *slog.Logger
	lane  *lane
	room  *room
	put   *putOff
	count *counts
	since time.Time

	// What a sender can cause at will is not logged at will.
	dropLog, denyLog, fullLog rate.Sometimes
}

// New makes a Webhook that posts to sink.
func New(cfg Config, sink Sink, log *slog.Logger) (*Webhook, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	seldom := func() rate.Sometimes { return rate.Sometimes{First: 3, Interval: 10 * time.Second} }
	w := &Webhook{
		cfg: cfg, log: log,
		lane:    &lane{sink: sink},
		room:    &room{maxBytes: cfg.MaxBodyBytes + spareBytes, maxOpen: maxOpen},
		put:     newPutOff(maxPutOff),
		count:   newCounts(),
		since:   time.Now(),
		dropLog: seldom(), denyLog: seldom(), fullLog: seldom(),
	}
	if weak := token.Weakness("AUDIT_TOKEN", cfg.Token); weak != "" {
		log.Warn(weak)
	}
	if cfg.Token == "" && cfg.ClientCAFile == "" {
		log.Warn("AUDIT_TOKEN is not set: every process on this host can post Events", "address", cfg.ListenAddress)
	}
	return w, nil
}

// Run counts the Events that were answered with 503 and not sent again, until
// ctx ends.
func (w *Webhook) Run(ctx context.Context) {
	tick := time.NewTicker(repeatWithin / 9)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if lost := w.put.expire(); lost > 0 {
				w.count.drop(dropNotRepeated, lost)
				w.log.Warn("Events lost: the API server did not repeat what was answered with 503", "events", lost)
			}
		}
	}
}

// Status fills in what the webhook knows of itself; Accepted and Refused are
// the sink's. It is connected while it listens: the API server opens
// connections as it likes, and silence means that there are no Events.
func (w *Webhook) Status() wire.Status {
	return wire.Status{
		Origin:         wire.OriginAudit,
		Connected:      true,
		ConnectedSince: w.since,
		Dropped:        w.count.dropped(),
	}
}

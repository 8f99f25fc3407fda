package notify

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// Function is the whole of it: a ledger between a way in and a way out.
type Function struct {
	cfg     Config
	ledger  *ledger.Ledger
	sources *sources
	out     *deliverer
	log     *slog.Logger
	metrics *metricSet
	intake  outage
	target  string

	testing sync.Mutex // held while a test message is on its way

	dumpMu sync.Mutex
	dumpTo io.Writer
}

// Option changes how a Function is made.
type Option func(*Function)

// WithLogger sets the logger; the default is slog's.
func WithLogger(log *slog.Logger) Option { return func(f *Function) { f.log = log } }

// WithDump sets where DUMP_EVENTS writes; the default is standard output.
func WithDump(w io.Writer) Option { return func(f *Function) { f.dumpTo = w } }

// WithTarget names the channel's far side in /status. It must not hold a
// secret.
func WithTarget(host string) Option { return func(f *Function) { f.target = host } }

// WithClockOffset tells how far the far side's clock is ahead of this one.
func WithClockOffset(offset func() time.Duration) Option {
	return func(f *Function) { f.out.offset = offset }
}

// WithTime tells what time it is, and whether somebody vouches for it. Without
// it nobody does.
func WithTime(now func() (t time.Time, sure bool)) Option {
	return func(f *Function) { f.out.usage.now = now }
}

// New makes the function over an open ledger and a channel. cfg must be valid.
func New(cfg Config, l *ledger.Ledger, ch Channel, opts ...Option) *Function {
	m := newMetrics()
	f := &Function{
		cfg: cfg, ledger: l, log: slog.Default(), metrics: m, dumpTo: os.Stdout,
		intake: outage{what: "events cannot be kept: senders are asked to wait"},
		out: &deliverer{
			route: alert.DefaultRoute, channel: ch, ledger: l, threshold: cfg.DigestThreshold,
			pace: newPace(cfg.Feishu.MaxPerMinute), metrics: m,
			offset: func() time.Duration { return 0 }, tests: make(chan chan Diagnosis),
		},
	}
	if cfg.zone == nil { // not validated
		cfg.zone, cfg.beatAt = time.UTC, -1
	}
	f.out.usage = &usage{
		ledger: l, budget: cfg.BudgetPerDay, zone: cfg.zone, beatAt: cfg.beatAt,
		now: func() (time.Time, bool) { return time.Now().Add(f.out.offset()), false },
	}
	for _, opt := range opts {
		opt(f)
	}
	f.out.log, f.out.usage.log = f.log, f.log
	f.out.test = func(ctx context.Context) Diagnosis {
		t := f.tester()
		return t.run(ctx)
	}
	f.sources = newSources(l, cfg.Ledger.EventTTL, f.log)
	return f
}

// Run drives the way out until ctx ends; a card on its way is finished first.
func (f *Function) Run(ctx context.Context) { f.out.run(ctx) }

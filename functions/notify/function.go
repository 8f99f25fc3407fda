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

// Function is the whole of it: a ledger between a way in and the ways out.
type Function struct {
	cfg      Config
	ledger   *ledger.Ledger
	sources  *sources
	routes   []Route
	out      []*deliverer // one for each route
	shows    Channel      // renders for the page
	usage    *usage
	bulletin *bulletin
	log      *slog.Logger
	metrics  *metricSet
	intake   outage

	testing sync.Mutex // held while a test message is on its way

	dumpMu sync.Mutex
	dumpTo io.Writer

	bodies *bodies // of requests that are being read
}

// Option changes how a Function is made.
type Option func(*Function)

// WithLogger sets the logger; the default is slog's.
func WithLogger(log *slog.Logger) Option { return func(f *Function) { f.log = log } }

// WithTime tells what time it is, and whether somebody vouches for it. The
// default is FarTime with the wall clock.
func WithTime(now func() (t time.Time, sure bool)) Option {
	return func(f *Function) { f.usage.now = now }
}

// New makes the function over an open ledger and its routes, in the order in
// which they are tried, the default route, if there is one, last. cfg must be
// valid, and the ledger have the same routes.
func New(cfg Config, l *ledger.Ledger, routes []Route, opts ...Option) *Function {
	f := &Function{
		cfg: cfg, ledger: l, log: slog.Default(), metrics: newMetrics(), dumpTo: os.Stdout, routes: routes,
		intake: outage{what: "events cannot be kept: senders are asked to wait"},
		bodies: &bodies{free: cfg.MaxBodyBytes + bodyStep},
	}
	if cfg.zone == nil { // not validated
		cfg.zone, cfg.beatAt = time.UTC, -1
	}
	updates(l, routes, cfg.UpdateInterval)
	f.usage = &usage{
		ledger: l, budget: cfg.BudgetPerDay, zone: cfg.zone, beatAt: cfg.beatAt, now: FarTime(time.Now, routes...),
	}
	f.bulletin = &bulletin{ledger: l, usage: f.usage}
	for _, opt := range opts {
		opt(f)
	}
	f.usage.log = f.log
	for _, r := range routes {
		f.out = append(f.out, newDeliverer(f, r))
	}
	f.bulletin.routes, f.shows = f.out, pageChannel(cfg, routes)
	f.sources = newSources(l, cfg.Ledger.EventTTL, f.log)
	return f
}

// Run drives the ways out until ctx ends; cards on their way are finished
// first.
func (f *Function) Run(ctx context.Context) {
	f.reroute(ctx)
	var all sync.WaitGroup
	all.Go(func() { f.remute(ctx) })
	for _, d := range f.out {
		all.Go(func() { d.run(ctx) })
	}
	all.Wait()
	f.usage.close()
}

// reroute has what waits on routes that are no longer configured told on those
// that take it now.
func (f *Function) reroute(ctx context.Context) {
	moved, err := f.ledger.Reroute(ctx, func(a alert.Alert) []string { return takers(f.routes, graded(a)) })
	switch {
	case err != nil && ctx.Err() == nil:
		f.log.Error("stories of routes that are gone cannot be moved; they wait for the next start", "error", err)
	case moved > 0:
		f.log.Info("stories of routes that are gone go out on others", "stories", moved)
	}
}

// remute looks again how long what waits is still muted, once it is known what
// time it is: windows of MUTE may have ended while this process did not run.
func (f *Function) remute(ctx context.Context) {
	for {
		if now, sure := f.usage.time(); sure {
			freed, err := f.ledger.Remute(ctx, func(a alert.Alert) time.Duration {
				return f.cfg.conditions.Judge(graded(a), now, sure).MutedFor
			})
			if err == nil && freed > 0 {
				f.log.Info("windows of MUTE ended meanwhile", "stories", freed)
			}
			if err == nil {
				return
			}
			f.log.Debug("muted stories cannot be looked at again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(remuteEvery):
		}
	}
}

// remuteEvery is how often to ask whether the time is known.
const remuteEvery = 30 * time.Second

// several says that routes are named: what is said of one says which.
func (f *Function) several() bool {
	return len(f.routes) > 1 || len(f.routes) == 1 && !hasDefault(f.routes)
}

// labelled is a route's name as a label, or empty where there is only the one.
func (f *Function) labelled(route string) string {
	if f.several() {
		return route
	}
	return ""
}

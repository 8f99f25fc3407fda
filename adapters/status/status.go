// Package status reports what a source says about itself to the sink: at its
// start, at every interval and soon after a change. It has its own goroutine
// and one attempt at a time, so it never holds up the data; a report that does
// not arrive is not kept, the next one tells more. It judges nothing.
//
// Begin with New, then Run.
package status

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// DefaultInterval is how often a source reports.
const DefaultInterval = time.Minute

const (
	// look is how often changes are looked for, and so the shortest time
	// between two reports.
	look = time.Second
	// longestWait bounds the time between attempts that fail.
	longestWait = 15 * time.Second
)

// Poster makes one attempt to send; sink.Client is one.
type Poster interface {
	Post(ctx context.Context, events []event.Event) error
}

// Reporter sends the statuses of one boot.
type Reporter struct {
	cluster  string
	origin   string
	interval time.Duration
	boot     string
	now      func() wire.Status
	post     Poster
	log      *slog.Logger
}

// New makes a Reporter. now is asked for what the source knows: Connected,
// ConnectedSince, Complete, Accepted, Refused and Dropped; the rest is filled
// in here. interval is rounded to seconds; 0 means the default.
func New(cluster, origin string, interval time.Duration, now func() wire.Status, post Poster, log *slog.Logger) *Reporter {
	if interval = interval.Round(time.Second); interval <= 0 {
		interval = DefaultInterval
	}
	return &Reporter{
		cluster: cluster, origin: origin, interval: interval, now: now, post: post, log: log,
		boot: fmt.Sprintf("%08x", rand.Uint32()),
	}
}

// Boot is the id of this process start.
func (r *Reporter) Boot() string { return r.boot }

// Run reports until ctx ends.
func (r *Reporter) Run(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	var (
		sequence uint64
		sent     wire.Status
		due      = time.Now()
		failures int
		retry    time.Time
	)
	for ; ; wait(ctx, tick) {
		if ctx.Err() != nil {
			return
		}
		status := r.now()
		now := time.Now()
		if now.Before(retry) || (now.Before(due) && !changed(sent, status)) {
			continue
		}
		sequence++
		if err := r.send(ctx, status, sequence); err != nil {
			// The sink says once that it is unreachable; this would say it again.
			r.log.Debug("status not sent", "error", err)
			retry = time.Now().Add(min(look<<min(failures, 10), longestWait, r.interval))
			due, failures = retry, failures+1
			continue
		}
		sent, due, retry, failures = status, now.Add(r.interval), time.Time{}, 0
	}
}

func wait(ctx context.Context, tick *time.Ticker) {
	select {
	case <-ctx.Done():
	case <-tick.C:
	}
}

func (r *Reporter) send(ctx context.Context, status wire.Status, sequence uint64) error {
	status.Boot, status.Sequence, status.Origin = r.boot, sequence, r.origin
	status.IntervalSeconds = int(r.interval / time.Second)
	ce, err := wire.FromStatus(r.cluster, time.Now(), status)
	if err != nil {
		return err
	}
	return r.post.Post(ctx, []event.Event{ce})
}

// changed says whether the receiver must hear of it now. That events go through
// is no news.
func changed(a, b wire.Status) bool {
	return a.Connected != b.Connected || a.Complete != b.Complete ||
		!maps.Equal(a.Refused, b.Refused) || !maps.Equal(a.Dropped, b.Dropped)
}

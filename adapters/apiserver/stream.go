package apiserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
)

const (
	firstWait   = 500 * time.Millisecond
	longestWait = 30 * time.Second
	// healthy is how long a watch must live for its end to be no failure.
	healthy = time.Second
)

// errGone: the position is compacted, list again.
var errGone = errors.New("position is compacted")

// stream is the way of one namespace's Events, or of all.
type stream struct {
	src       *Source
	namespace string
	log       *slog.Logger
	state     state

	// position is the resourceVersion up to which the sink has everything;
	// found says that it may be watched from, probed that the API server has
	// just named it.
	position uint64
	found    bool
	probed   bool
	// target is the revision at which the connection was made: when position
	// has reached it, nothing is left of what was there then.
	target uint64
	// progress is set by each delivery.
	progress bool
	// settled are the Events that the sink has taken during a list that is
	// not finished, so that one that broke goes on where it stopped.
	settled settled
}

func newStream(s *Source, namespace string) *stream {
	st := &stream{src: s, namespace: namespace, log: s.log}
	if namespace != "" {
		st.log = s.log.With("namespace", namespace)
	}
	return st
}

// run lists and watches until ctx ends.
func (st *stream) run(ctx context.Context) {
	for gone := 0; ctx.Err() == nil; {
		err := st.step(ctx)
		if st.progress {
			gone, st.progress = 0, false
		}
		var wait time.Duration
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return
		case errors.Is(err, errGone):
			// Usual after a quiet spell. Only if it goes on and on there is
			// something odd that must not be asked in a tight loop.
			st.src.count(func(s *Stats) { s.Gone++ })
			st.log.Debug("position is compacted, listing again", "resourceVersion", st.position)
			if gone++; gone > 1 {
				wait = backoff(gone - 1)
			}
		default:
			wait = max(backoff(st.state.failed(st.log, err)), min(asked(err), longestWait))
		}
		if wait > 0 && !sleep(ctx, wait) {
			return
		}
	}
}

// step is one list, or one watch.
func (st *stream) step(ctx context.Context) error {
	if !st.found {
		return st.list(ctx)
	}
	if err := st.watch(ctx); err != nil {
		if errors.Is(err, errGone) {
			st.found = false
		}
		return err
	}
	return nil
}

// convert makes the CloudEvent; an Event of which none can be made is counted
// and left out, as it would be the next time.
func (st *stream) convert(ev *core.Event) (event.Event, bool) {
	st.src.count(func(s *Stats) { s.Read++ })
	ce, err := st.src.maker.Make(ev)
	if err != nil {
		st.src.drop(dropMalformed)
		st.log.Warn("Event dropped", "error", err)
		return ce, false
	}
	return ce, true
}

// deliver hands events over; they are the sink's when it returns nil.
func (st *stream) deliver(ctx context.Context, events []event.Event) error {
	for len(events) > 0 {
		n := min(len(events), st.src.batch)
		if err := st.src.sink.Deliver(ctx, events[:n]); err != nil {
			return fmt.Errorf("deliver Events: %w", err)
		}
		st.src.count(func(s *Stats) { s.Delivered += uint64(n) })
		st.progress = true
		events = events[n:]
	}
	return nil
}

// number reads a resourceVersion. Kubernetes promises that they can be compared
// as numbers (KEP-5504); one that is none counts as the newest, so that its
// Event is rather sent twice than not.
func number(rv string) uint64 {
	n, err := strconv.ParseUint(rv, 10, 64)
	if err != nil {
		return ^uint64(0)
	}
	return n
}

func backoff(failures int) time.Duration {
	wait := longestWait
	if failures < 7 {
		wait = min(firstWait<<(failures-1), longestWait)
	}
	return wait/2 + rand.N(wait/2)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

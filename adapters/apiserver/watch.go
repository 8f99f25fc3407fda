package apiserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

const (
	// maxStagedBytes bounds what is read ahead while the sink is busy.
	maxStagedBytes = 1 << 20
	// While Events stream in, deliveries are kept apart: each one costs the
	// receiver a commit, whatever is in it. After one, nothing is read for lull,
	// so that what comes waits in the connection and costs one wake-up instead
	// of one each; then reading goes on for at least gather.
	lull   = 18 * time.Millisecond
	gather = 2 * time.Millisecond
	// quiet is how long nothing must come after a watch was opened again to
	// say that it works, and that all was read that had waited.
	quiet = time.Second
)

var errClosedAtOnce = errors.New("watch Events: closed as soon as it was opened")

// staged is what was read from a watch and not yet delivered.
type staged struct {
	any    bool
	events []event.Event
	bytes  int
	// position is the resourceVersion reached by this.
	position uint64
	// done says that the watch has ended, with err if not as usual.
	done bool
	err  error
}

// watch delivers what comes until the watch ends, and moves the position.
func (st *stream) watch(ctx context.Context) error {
	if err := st.probe(ctx); err != nil || !st.found {
		return err
	}
	st.src.count(func(s *Stats) { s.Watches++ })
	opened := time.Now()
	body, stop, err := st.src.client.watch(ctx, st.namespace, strconv.FormatUint(st.position, 10))
	if err != nil {
		if isGone(err) {
			return fmt.Errorf("%w: %w", errGone, err)
		}
		return err
	}
	defer stop()
	in, out, quit := make(chan arrival), make(chan staged), make(chan struct{})
	defer close(quit)
	go st.read(newFrames(body), in, quit)
	go st.stage(in, out, quit)
	came, err := st.drain(ctx, out, stop)
	if err == nil && !came && time.Since(opened) < healthy {
		return errClosedAtOnce
	}
	return err
}

// probe asks for one Event, to see that the datastore still stands at the
// position or above: from a resourceVersion that is yet to come, a watch would
// wait in silence. It costs one small request in five minutes. That it is
// answered does not end an outage: only the watch does, which may fail alone.
func (st *stream) probe(ctx context.Context) error {
	if st.probed {
		st.probed = false
		return nil
	}
	limit := 1
	var page page
	if err := st.page(ctx, &limit, "", &page); err != nil {
		return err
	}
	st.target = number(page.ResourceVersion)
	return st.checkRestored(page.ResourceVersion)
}

// drain delivers until the watch ends; came says whether anything did.
func (st *stream) drain(ctx context.Context, out <-chan staged, stop func()) (came bool, err error) {
	calm := time.NewTimer(quiet)
	defer calm.Stop()
	for {
		select {
		case <-ctx.Done():
			return came, ctx.Err()
		case <-calm.C:
			st.state.answered(st.log)
			st.state.complete(true)
		case b := <-out:
			if b.position > 0 {
				came = true
				st.state.answered(st.log)
			}
			paused, err := st.hand(ctx, b, stop)
			if err != nil || paused {
				return came, err
			}
			if b.done {
				return came, b.err
			}
			if st.position >= st.target {
				st.state.complete(true)
			}
			calm.Reset(quiet)
		}
	}
}

// hand delivers what was staged and moves the position. If the sink takes long
// the watch is stopped, which paused says.
func (st *stream) hand(ctx context.Context, b staged, stop func()) (paused bool, err error) {
	if len(b.events) > 0 {
		from := st.position
		timer := time.AfterFunc(patience, func() {
			st.log.Info("watch closed until the sink takes events again", "resourceVersion", from)
			stop()
		})
		err = st.deliver(ctx, b.events)
		paused = !timer.Stop()
		if err != nil {
			return paused, err
		}
	}
	st.position = max(st.position, b.position)
	return paused, nil
}

// phase is how long ago a delivery began: stage rests, then gathers, then waits
// for what comes, which goes at once.
type phase int

const (
	resting phase = iota
	gathering
	waiting
)

func (p phase) lasts() time.Duration {
	if p == resting {
		return lull
	}
	return gather
}

// stage reads ahead while the sink is busy, up to one batch, so that what has
// come meanwhile goes out together. An Event after a quiet spell goes at once;
// those that follow it closely are gathered, except that after a full batch
// there is no rest.
func (st *stream) stage(in <-chan arrival, out chan<- staged, quit <-chan struct{}) {
	var next staged
	now, timer := gathering, time.NewTimer(0)
	defer timer.Stop()
	for {
		from, to := in, chan<- staged(nil)
		full := next.done || len(next.events) >= st.src.batch || next.bytes >= maxStagedBytes
		if full || now == resting {
			from = nil
		}
		if full || next.any && now == waiting {
			to = out
		}
		select {
		case <-quit:
			return
		case <-timer.C:
			if now++; now < waiting {
				timer.Reset(now.lasts())
			}
		case to <- next:
			if next.done {
				return
			}
			next, now = staged{}, resting
			if full {
				now = gathering
			}
			timer.Reset(now.lasts())
		case a := <-from:
			next.add(a)
		}
	}
}

// add takes in what came.
func (n *staged) add(a arrival) {
	n.any = n.any || !a.done
	n.done, n.err = a.done, a.err
	n.position = max(n.position, a.position)
	if a.event != nil {
		n.events = append(n.events, *a.event)
		n.bytes += len(a.event.DataEncoded)
	}
}

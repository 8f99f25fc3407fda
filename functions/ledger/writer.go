package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrClosed says that the ledger takes no more.
var ErrClosed = errors.New("ledger is closed")

// request is one call that waits for its commit.
type request struct {
	ctx   context.Context
	parts int // how many it can be cut into where one commit finds no room
	apply func(t *transaction, from, to int) error
	lost  func(t *transaction, i int) // counts a part for which there is no room at all
	done  chan error
}

// change is a request of one part.
func change(ctx context.Context, apply func(*transaction) error) *request {
	return &request{ctx: ctx, parts: 1, apply: func(t *transaction, _, _ int) error { return apply(t) }}
}

// part is what one commit carries of a request.
type part struct {
	r        *request
	from, to int
}

func (p part) halves() (part, part) {
	middle := p.from + (p.to-p.from)/2
	return part{p.r, p.from, middle}, part{p.r, middle, p.to}
}

// maxCommit is how many parts of waiting requests one commit carries.
const maxCommit = 2000

// do hands a change to the writer and waits for its commit. Once handed over,
// the change may happen even if the request's context ends first; the caller's
// sender repeats itself then, and is recognised. So after an error the caller
// neither reads what the change writes nor writes what it reads.
func (l *Ledger) do(r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.done = make(chan error, 1)
	select {
	case <-l.stopping:
		return ErrClosed
	default:
	}
	select {
	case l.requests <- r:
	case <-l.stopping:
		return ErrClosed
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-r.ctx.Done():
	case <-l.done:
	}
	select {
	case err := <-r.done: // both were ready
		return err
	default:
		if err := r.ctx.Err(); err != nil {
			return err
		}
		return ErrClosed
	}
}

// write is the one writer: it takes what waits and commits it together.
func (l *Ledger) write() {
	defer close(l.done)
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		select {
		case r := <-l.requests:
			l.commit(l.gather(r))
		case <-sweep.C:
			l.sweep()
		case <-l.stopping:
			l.drain()
			return
		}
	}
}

// drain commits what waits, and the clock.
func (l *Ledger) drain() {
	for {
		select {
		case r := <-l.requests:
			l.commit(l.gather(r))
		default:
			_ = l.try(false, whole(touch(context.Background())))
			return
		}
	}
}

// gather takes what waits up to the size of one commit. A caller that has gone
// away meanwhile repeats itself.
func (l *Ledger) gather(first *request) []part {
	var batch []part
	size := 0
	for r := first; ; {
		if err := r.ctx.Err(); err != nil {
			r.done <- err
		} else {
			batch, size = append(batch, whole(r)), size+r.parts
		}
		if size >= maxCommit {
			return batch
		}
		select {
		case r = <-l.requests:
		default:
			return batch
		}
	}
}

func whole(r *request) part { return part{r, 0, r.parts} }

// refusedError is a change that cannot be made, whatever the disk does.
type refusedError struct{ error }

func (e refusedError) Unwrap() error { return e.error }

// commit applies the requests in one transaction and answers each. Where they
// cannot go together they go apart, so that none suffers from another.
func (l *Ledger) commit(batch []part) {
	if len(batch) == 0 {
		return
	}
	err := l.try(false, batch...)
	var refused refusedError
	apart := errors.As(err, &refused) || errors.Is(err, berrors.ErrMaxSizeReached)
	if apart && len(batch) > 1 {
		l.commit(batch[:len(batch)/2])
		l.commit(batch[len(batch)/2:])
		return
	}
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		err = l.squeeze(batch[0])
	}
	for _, p := range batch {
		p.r.done <- err
	}
}

// squeeze commits a request that does not fit into the file's free pages, bit
// by bit. Its sender is answered after the last, so a power cut in between
// costs nothing: what is sent again is recognised. A full ledger is a bound,
// not an outage: at last a part is counted as lost.
func (l *Ledger) squeeze(p part) error {
	err := l.try(true, p)
	if !errors.Is(err, berrors.ErrMaxSizeReached) {
		return err
	}
	if p.to-p.from > 1 {
		a, b := p.halves()
		if err := l.squeeze(a); err != nil {
			return err
		}
		return l.squeeze(b)
	}
	if err := l.try(true, whole(change(context.Background(), (*transaction).rescue))); err != nil {
		l.log.Warn("no room can be made in the ledger", "error", err)
	}
	if err = l.try(true, p); !errors.Is(err, berrors.ErrMaxSizeReached) || p.r.lost == nil {
		return err
	}
	return l.try(true, whole(change(context.Background(), func(t *transaction) error {
		p.r.lost(t, p.from)
		return nil
	})))
}

// errNothing rolls back a transaction that changes nothing: a replay costs no
// write to the card.
var errNothing = errors.New("nothing changed")

// try makes one transaction. tight forbids rows that are not there yet.
func (l *Ledger) try(tight bool, parts ...part) error {
	if l.suspect {
		if err := l.settle(); err != nil {
			return l.failed(err)
		}
	}
	var t *transaction
	var refused error
	reading := l.readers.Load() > 0
	err := l.db.Update(func(tx *bolt.Tx) error {
		t = l.begin(tx, reading, tight)
		for _, p := range parts {
			if refused = safely(t, p); refused != nil {
				return refused
			}
		}
		if !t.changed {
			return errNothing
		}
		refused = t.flush()
		return refused
	})
	switch {
	case refused != nil:
		return refusedError{fmt.Errorf("change ledger: %w", refused)}
	case errors.Is(err, errNothing):
		return nil
	case errors.Is(err, berrors.ErrMaxSizeReached):
		return err
	case err != nil:
		l.suspect = true
		return l.failed(err)
	}
	l.adopt(t)
	return nil
}

// safely keeps one request's panic from ending the process, which would take
// the request again after its restart, and again.
func safely(t *transaction, p part) (err error) {
	defer func() {
		if r := recover(); r != nil {
			t.l.log.Error("change to the ledger panicked", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return p.r.apply(t, p.from, p.to)
}

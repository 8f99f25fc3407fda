package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/edgebell/edgebell/functions/alert"
)

// ErrClosed says that the ledger takes no more.
var ErrClosed = errors.New("ledger is closed")

// request is one call that waits for its commit.
type request struct {
	apply func(*transaction) error
	size  int
	done  chan error
}

// maxCommit is how many alerts one commit carries at most.
const maxCommit = 2000

// transaction is one commit under way. Nothing of it is seen by others before
// the commit is on disk.
type transaction struct {
	l   *Ledger
	tx  *bolt.Tx
	now Time

	rows  map[alert.Fingerprint]*groupRow // read or changed
	dirty map[alert.Fingerprint]bool
	gone  map[alert.Fingerprint]bool

	groups, overflows int
	perNS             map[nsKey]int
	seen              map[nsKey]int // change of rows per namespace
	seenTotal         int
	tight             bool // only marks may take pages
	counts            Counts
	notice            Notices
	meta              bool // counts or notice changed
}

// Put counts the alerts and returns once that is on disk. All or nothing: on
// an error none of them is counted. Requests that wait at the same time share
// one commit.
func (l *Ledger) Put(ctx context.Context, alerts []alert.Alert) error {
	return l.do(ctx, len(alerts), func(t *transaction) error {
		for _, a := range alerts {
			if err := t.put(a); err != nil {
				return err
			}
		}
		return nil
	})
}

// do hands a change to the writer and waits for its commit. Once handed over,
// the change may happen even if ctx ends first; the caller's sender repeats
// itself then, and is recognised.
func (l *Ledger) do(ctx context.Context, size int, apply func(*transaction) error) error {
	r := &request{apply: apply, size: size, done: make(chan error, 1)}
	select {
	case l.requests <- r:
	case <-l.stopping:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		select {
		case err := <-r.done:
			return err
		default:
			return ErrClosed
		}
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
			for {
				select {
				case r := <-l.requests:
					l.commit(l.gather(r))
				default:
					return
				}
			}
		}
	}
}

func (l *Ledger) gather(first *request) []*request {
	batch, size := []*request{first}, first.size
	for size < maxCommit {
		select {
		case r := <-l.requests:
			batch, size = append(batch, r), size+r.size
		default:
			return batch
		}
	}
	return batch
}

// commit applies the requests in one bbolt transaction and answers each.
func (l *Ledger) commit(batch []*request) {
	err := l.try(batch, false)
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		// A full ledger is a bound, not an outage: go on with nothing but
		// rows that exist already.
		err = l.try(batch, true)
	}
	l.mu.Lock()
	l.ioErr = err
	l.mu.Unlock()
	for _, r := range batch {
		r.done <- err
	}
}

func (l *Ledger) try(batch []*request, tight bool) error {
	var t *transaction
	err := l.db.Update(func(tx *bolt.Tx) error {
		t = l.begin(tx, tight)
		for _, r := range batch {
			if err := r.apply(t); err != nil {
				return err
			}
		}
		if !t.changed() {
			return errNothing
		}
		return t.flush()
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	l.adopt(t)
	return nil
}

// errNothing rolls back a transaction that changes nothing: a replay costs no
// write to the card.
var errNothing = errors.New("nothing changed")

func (l *Ledger) begin(tx *bolt.Tx, tight bool) *transaction {
	t := &transaction{
		l: l, tx: tx, now: l.Now(), tight: tight || l.freePages(tx) < l.limits.marks,
		rows: map[alert.Fingerprint]*groupRow{}, dirty: map[alert.Fingerprint]bool{}, gone: map[alert.Fingerprint]bool{},
		perNS: map[nsKey]int{}, seen: map[nsKey]int{},
		counts: l.counts.clone(), notice: l.notice.clone(),
	}
	for _, e := range l.index {
		if e.overflow {
			t.overflows++
			continue
		}
		t.groups++
		t.perNS[e.namespace]++
	}
	return t
}

// adopt makes a committed transaction visible.
func (l *Ledger) adopt(t *transaction) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for fp := range t.dirty {
		l.index[fp] = t.rows[fp].entry()
	}
	for fp := range t.gone {
		delete(l.index, fp)
	}
	for ns, n := range t.seen {
		if l.seen[ns] += n; l.seen[ns] == 0 {
			delete(l.seen, ns)
		}
	}
	l.seenTotal += t.seenTotal
	l.counts, l.notice = t.counts, t.notice
	l.signal()
}

func (t *transaction) put(a alert.Alert) error {
	added, err := t.takeSeen(a)
	if err != nil {
		return err
	}
	if added == 0 {
		return nil
	}
	row, err := t.place(a)
	if err != nil {
		return err
	}
	row.Group.Add(a, added)
	row.Touched = t.now
	row.schedule(t.now, t.l.routes, t.l.cfg)
	t.dirty[row.Group.Fingerprint] = true
	t.counts.Occurrences += added
	return nil
}

// row reads a group's row; nil when there is none.
func (t *transaction) row(fp alert.Fingerprint) (*groupRow, error) {
	if row := t.rows[fp]; row != nil {
		return row, nil
	}
	raw := t.tx.Bucket(bucketGroups).Get(fp[:])
	if raw == nil || t.gone[fp] {
		return nil, nil
	}
	row := new(groupRow)
	if err := decodeRow(raw, row); err != nil {
		return nil, fmt.Errorf("read group %s: %w", fp, err)
	}
	t.rows[fp] = row
	return row, nil
}

func (t *transaction) add(a alert.Alert, overflow bool) *groupRow {
	row := &groupRow{Group: alert.NewGroup(a), Born: t.now, Touched: t.now}
	row.Group.Overflow = overflow
	t.rows[row.Group.Fingerprint] = row
	delete(t.gone, row.Group.Fingerprint)
	if overflow {
		t.overflows++
		return row
	}
	t.groups++
	t.perNS[groupNS(a)]++
	return row
}

func (t *transaction) remove(fp alert.Fingerprint) error {
	t.gone[fp] = true
	delete(t.rows, fp)
	delete(t.dirty, fp)
	t.groups--
	return t.tx.Bucket(bucketGroups).Delete(fp[:])
}

func (t *transaction) changed() bool {
	return len(t.dirty) > 0 || len(t.gone) > 0 || len(t.seen) > 0 || t.meta
}

// flush writes what changed, the counters and the clock.
func (t *transaction) flush() error {
	groups := t.tx.Bucket(bucketGroups)
	for fp := range maps.Keys(t.dirty) {
		raw, err := encodeRow(t.rows[fp])
		if err != nil {
			return err
		}
		if err := groups.Put(fp[:], raw); err != nil {
			return err
		}
	}
	meta := t.tx.Bucket(bucketMeta)
	for key, v := range map[string]any{string(keyCounts): t.counts, string(keyNotices): t.notice} {
		raw, err := encodeRow(v)
		if err != nil {
			return err
		}
		if err := meta.Put([]byte(key), raw); err != nil {
			return err
		}
	}
	return meta.Put(keyClock, t.now.bytes())
}

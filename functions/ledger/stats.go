package ledger

import (
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// Stats are the ledger's sizes.
type Stats struct {
	Groups, Seen     int
	Bytes, UsedBytes int64 // of the file
	Err              error // why the last write did not go through
}

// Stats reads the sizes.
func (l *Ledger) Stats() Stats {
	l.mu.Lock()
	s := Stats{Groups: len(l.index), Seen: l.rows, Err: l.ioErr, Bytes: l.size}
	l.mu.Unlock()
	_ = l.view(func(tx *bolt.Tx) error {
		s.UsedBytes = l.size - int64(l.freePages(tx, false))*pageSize
		return nil
	})
	return s
}

// Backlog counts the groups that a route has still to tell, and those of them
// that are due now.
func (l *Ledger) Backlog(route string) (waiting, due int) {
	now, number := l.Now(), slices.Index(l.routes, route)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.index {
		at := e.dueOn(number)
		if at == 0 {
			continue
		}
		waiting++
		if at <= now {
			due++
		}
	}
	return waiting, due
}

// CountDue counts the groups that a route has to tell now or in the time to
// come.
func (l *Ledger) CountDue(route string, within time.Duration) (n int) {
	until, number := l.Now().After(within), slices.Index(l.routes, route)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.index {
		if at := e.dueOn(number); at != 0 && at <= until {
			n++
		}
	}
	return n
}

// Groups reads every group, in no particular order.
func (l *Ledger) Groups() ([]alert.Group, error) {
	var out []alert.Group
	now := l.Now()
	err := l.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketGroups).ForEach(func(k, v []byte) error {
			row, err := decodeGroup(k, v)
			if err != nil {
				return err
			}
			out = append(out, row.group(now))
			return nil
		})
	})
	return out, err
}

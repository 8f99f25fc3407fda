package ledger

import (
	"github.com/edgebell/edgebell/functions/alert"
	bolt "go.etcd.io/bbolt"
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
	s := Stats{Groups: len(l.index), Seen: l.seenTotal, Err: l.ioErr}
	l.mu.Unlock()
	s.Bytes = fileSize(l.path())
	_ = l.db.View(func(tx *bolt.Tx) error {
		s.UsedBytes = s.Bytes - int64(l.freePages(tx))*pageSize
		return nil
	})
	return s
}

// Backlog counts the groups that a route has still to tell, and those of them
// that are due now.
func (l *Ledger) Backlog(route string) (waiting, due int) {
	now := l.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.index {
		at, ok := e.due[route]
		if !ok {
			continue
		}
		waiting++
		if at <= now {
			due++
		}
	}
	return waiting, due
}

// Groups reads every group, in no particular order.
func (l *Ledger) Groups() ([]alert.Group, error) {
	var out []alert.Group
	err := l.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketGroups).ForEach(func(_, v []byte) error {
			var row groupRow
			if err := decodeRow(v, &row); err != nil {
				return err
			}
			out = append(out, row.Group)
			return nil
		})
	})
	return out, err
}

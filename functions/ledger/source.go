package ledger

import (
	"context"

	bolt "go.etcd.io/bbolt"
)

// maxSources bounds how many sources are remembered.
const maxSources = 4096

// Source reads what was kept of a source under key into v; false when there is
// nothing.
func (l *Ledger) Source(key string, v any) (bool, error) {
	found := false
	err := l.db.View(func(tx *bolt.Tx) error {
		raw := tx.Bucket(bucketSources).Get([]byte(key))
		found = raw != nil
		return decodeRow(raw, v)
	})
	return found, err
}

// PutSource keeps v under key. A source too many is not remembered.
func (l *Ledger) PutSource(ctx context.Context, key string, v any) error {
	return l.do(ctx, 1, func(t *transaction) error {
		b := t.tx.Bucket(bucketSources)
		raw, err := encodeRow(v)
		if err != nil {
			return err
		}
		if b.Get([]byte(key)) == nil && b.Stats().KeyN >= maxSources {
			return nil
		}
		t.meta = true
		return b.Put([]byte(key), raw)
	})
}

package ledger

import (
	"context"

	bolt "go.etcd.io/bbolt"
)

// Bounds of a source's key and row in bytes.
const (
	maxSourceKey = 1 << 10
	maxSourceRow = 4 << 10
)

// Source reads what was kept of a source under key into v; false when there is
// nothing, or nothing that can be read.
func (l *Ledger) Source(key string, v any) (bool, error) {
	found := false
	err := l.view(func(tx *bolt.Tx) error {
		raw := tx.Bucket(bucketSources).Get([]byte(key))
		if raw == nil {
			return nil
		}
		if err := decodeRow([]byte(key), raw, v); err != nil {
			l.log.Error("a source's row is damaged and begins anew", "source", key, "error", err)
			return nil
		}
		found = true
		return nil
	})
	return found, err
}

// PutSource keeps v under key. A source too many, or too long, is not
// remembered: senders do not decide how much is kept.
func (l *Ledger) PutSource(ctx context.Context, key string, v any) error {
	k := []byte(key)
	raw, err := encodeRow(k, v)
	if err != nil {
		return err
	}
	if len(k) == 0 || len(k) > maxSourceKey || len(raw) > maxSourceRow {
		l.log.Warn("a source's status is too long to be remembered", "bytes", len(k)+len(raw))
		return nil
	}
	return l.do(change(ctx, func(t *transaction) error {
		b := t.tx.Bucket(bucketSources)
		if b.Get(k) == nil && (t.tight || b.Stats().KeyN >= t.l.limits.sources) {
			return nil
		}
		t.changed = true
		return b.Put(k, raw)
	}))
}

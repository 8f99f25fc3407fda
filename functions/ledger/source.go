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

// Lost is what a source's row tells of losses, and is counted with it.
type Lost struct {
	Dropped map[string]int64 // per reason
	Gap     *Gap
}

// Empty says that nothing was lost.
func (l Lost) Empty() bool { return len(l.Dropped) == 0 && l.Gap == nil }

// PutSource keeps v under key and counts what was lost, both or none. A source
// too many, or too long, is not remembered: senders do not decide how much is
// kept. What it lost is counted all the same.
func (l *Ledger) PutSource(ctx context.Context, key string, v any, lost Lost) error {
	k := []byte(key)
	raw, err := encodeRow(k, v)
	if err != nil {
		return err
	}
	long := len(k) == 0 || len(k) > maxSourceKey || len(raw) > maxSourceRow
	if long {
		l.log.Warn("a source's status is too long to be remembered", "bytes", len(k)+len(raw))
		if lost.Empty() {
			return nil
		}
	}
	return l.do(change(ctx, func(t *transaction) error {
		t.lose(lost)
		b := t.tx.Bucket(bucketSources)
		if long || b.Get(k) == nil && (t.tight || b.Stats().KeyN >= t.l.limits.sources) {
			return nil
		}
		t.changed = true
		return b.Put(k, raw)
	}))
}

func (t *transaction) lose(lost Lost) {
	for reason, n := range lost.Dropped {
		if n > 0 {
			t.drop(reason, n)
		}
	}
	if lost.Gap != nil {
		t.changed = t.state.notice.add(*lost.Gap) || t.changed
	}
}

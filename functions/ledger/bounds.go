package ledger

import (
	"bytes"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// limits are the bounds that follow from the file's size.
type limits struct {
	groups       int // rows of bucketGroups, overflow rows not counted
	perNamespace int // of these, how many one namespace may hold when it is crowded
	seen         int // rows of bucketSeen
	marks        int // pages that only marks may use
}

// limitsOf gives each group up to 8 KiB (its message, twenty objects) in half
// of the file at most, and the seen table, at about 100 bytes a row, less than
// half. A tenth of the pages is kept for marks, so that "delivered" can be
// written on a full ledger.
func limitsOf(size int64) limits {
	groups := int(size / (16 << 10))
	return limits{
		groups:       groups,
		perNamespace: max(groups/4, 1),
		seen:         int(size / 256),
		marks:        int(size / pageSize / 10),
	}
}

// freePages is how many pages a transaction may still take.
func (l *Ledger) freePages(tx *bolt.Tx) int {
	unused := (fileSize(l.path()) - tx.Size()) / pageSize
	return int(unused) + l.db.Stats().FreePageN
}

// place finds the row that a belongs to: its own, or, when there is no room
// for one, the overflow row of its namespace, or at last the one of its
// cluster. So a flood of distinct stories becomes one line and pushes nothing
// out.
func (t *transaction) place(a alert.Alert) (*groupRow, error) {
	if row, err := t.row(a.Fingerprint()); row != nil || err != nil {
		return row, err
	}
	ns := groupNS(a)
	if t.groups >= t.l.limits.groups {
		if err := t.forgetQuiet(); err != nil {
			return nil, err
		}
	}
	crowded := t.groups >= t.l.limits.groups*3/4 && t.perNS[ns] >= t.l.limits.perNamespace
	if t.groups < t.l.limits.groups && !crowded && !t.tight {
		return t.add(a, false), nil
	}
	return t.overflow(a)
}

// overflow coalesces a into the row of its namespace, or of its cluster.
func (t *transaction) overflow(a alert.Alert) (*groupRow, error) {
	t.counts.Coalesced++
	local := a.Overflow()
	row, err := t.row(local.Fingerprint())
	if row != nil || err != nil {
		return row, err
	}
	if t.overflows < t.l.limits.groups/8 && !t.tight {
		return t.add(local, true), nil
	}
	local.Namespace, local.EventNamespace = "*", "*"
	if row, err = t.row(local.Fingerprint()); row != nil || err != nil {
		return row, err
	}
	return t.add(local, true), nil
}

// forgetQuiet removes the row that was touched longest ago among those with
// nothing left to tell.
func (t *transaction) forgetQuiet() error {
	var oldest alert.Fingerprint
	var at Time
	found := false
	for fp, e := range t.l.index {
		if _, loaded := t.rows[fp]; loaded || len(e.due) > 0 || t.gone[fp] {
			continue
		}
		if !found || e.touched < at {
			oldest, at, found = fp, e.touched, true
		}
	}
	if !found {
		return nil
	}
	return t.remove(oldest)
}

const (
	sweepEvery = time.Minute
	// keepQuiet is how long a group with nothing to tell is remembered at
	// least: a story that goes on within it is the same story.
	keepQuiet = 24 * time.Hour
	// sweepRows bounds how many rows one sweep reads of the seen table.
	sweepRows = 8192
)

// sweep forgets expired rows. It writes only when there is something to
// forget.
func (l *Ledger) sweep() {
	expired, next := l.expiredSeen()
	l.swept = next
	keep := max(keepQuiet, 2*l.cfg.EventTTL, 2*l.cfg.RepeatInterval)
	err := l.try([]*request{{apply: func(t *transaction) error {
		seen := t.tx.Bucket(bucketSeen)
		for _, key := range expired {
			if err := seen.Delete(key); err != nil {
				return err
			}
			t.countSeen(nsOf(key), -1)
		}
		for fp, e := range l.index {
			if len(e.due) == 0 && t.now.Sub(e.touched) > keep {
				if err := t.remove(fp); err != nil {
					return err
				}
			}
		}
		return nil
	}}}, false)
	if err != nil {
		l.log.Warn("expired rows stay in the ledger", "error", err)
	}
}

// expiredSeen reads on from where the last sweep ended.
func (l *Ledger) expiredSeen() (expired [][]byte, next []byte) {
	now := l.Now().seconds()
	_ = l.db.View(func(tx *bolt.Tx) error {
		c, n := tx.Bucket(bucketSeen).Cursor(), 0
		for k, v := c.Seek(l.swept); k != nil; k, v = c.Next() {
			if n++; n > sweepRows {
				next = bytes.Clone(k)
				return nil
			}
			if row, err := decodeSeen(v); err != nil || row.expires <= now {
				expired = append(expired, bytes.Clone(k))
			}
		}
		return nil
	})
	return expired, next
}

package ledger

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// Due reads the groups that a route has to tell now, the longest due first.
func (l *Ledger) Due(route string) ([]alert.Group, error) {
	now := l.Now()
	type item struct {
		fp alert.Fingerprint
		at Time
	}
	var items []item
	l.mu.Lock()
	for fp, e := range l.index {
		if at, ok := e.due[route]; ok && at <= now {
			items = append(items, item{fp, at})
		}
	}
	l.mu.Unlock()
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.at, b.at), bytes.Compare(a.fp[:], b.fp[:]))
	})
	groups := make([]alert.Group, 0, len(items))
	err := l.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketGroups)
		for _, it := range items {
			raw := b.Get(it.fp[:])
			if raw == nil {
				continue // gone since the index was read
			}
			var row groupRow
			if err := decodeRow(raw, &row); err != nil {
				return fmt.Errorf("read group %s: %w", it.fp, err)
			}
			groups = append(groups, row.Group)
		}
		return nil
	})
	return groups, err
}

// NextDue is when the next group of a route is or was due; false when nothing
// waits.
func (l *Ledger) NextDue(route string) (Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var next Time
	found := false
	for _, e := range l.index {
		if at, ok := e.due[route]; ok && (!found || at < next) {
			next, found = at, true
		}
	}
	return next, found
}

// Mark says what a card told: a group, and the total that stood on it.
type Mark struct {
	Fingerprint alert.Fingerprint
	Total       int64
}

// MarkOf is the mark of a group as it was read.
func MarkOf(g alert.Group) Mark { return Mark{g.Fingerprint, g.Total} }

// Delivered marks groups as told on a route, and the notices with them.
// Occurrences that came while the card was on its way are due again after
// Config.RepeatInterval.
func (l *Ledger) Delivered(ctx context.Context, route string, marks []Mark, told Notices) error {
	return l.do(ctx, 1, func(t *transaction) error {
		t.counts.CardsSent++
		t.meta = true
		t.tell(told)
		return t.mark(route, marks)
	})
}

// Park marks groups as told though no card of theirs was accepted: their
// occurrences are counted as dropped.
func (l *Ledger) Park(ctx context.Context, route string, marks []Mark) error {
	return l.do(ctx, 1, func(t *transaction) error {
		for _, m := range marks {
			row, err := t.row(m.Fingerprint)
			if err != nil {
				return err
			}
			if row != nil {
				t.drop(DroppedParked, max(m.Total-row.Group.Delivered[route], 0))
			}
		}
		return t.mark(route, marks)
	})
}

func (t *transaction) mark(route string, marks []Mark) error {
	for _, m := range marks {
		row, err := t.row(m.Fingerprint)
		if err != nil {
			return err
		}
		if row == nil {
			continue // forgotten since; nothing is left to mark
		}
		if row.Group.Delivered == nil {
			row.Group.Delivered = map[string]int64{}
		}
		row.Group.Delivered[route] = max(m.Total, row.Group.Delivered[route])
		row.Routes[route] = routeRow{Sent: t.now, Told: true}
		row.schedule(t.now, []string{route}, t.l.cfg)
		t.dirty[m.Fingerprint] = true
	}
	return nil
}

// indexGroups fills the index from disk.
func (l *Ledger) indexGroups(tx *bolt.Tx) error {
	return tx.Bucket(bucketGroups).ForEach(func(k, v []byte) error {
		var row groupRow
		if err := decodeRow(v, &row); err != nil {
			return fmt.Errorf("read group %x: %w", k, err)
		}
		l.index[row.Group.Fingerprint] = row.entry()
		return nil
	})
}

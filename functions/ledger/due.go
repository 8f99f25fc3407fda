package ledger

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// Due reads the groups that a route has to tell now, the longest due first.
func (l *Ledger) Due(route string) ([]alert.Group, error) {
	return l.DueWithin(route, 0)
}

// DueWithin reads the groups that a route has to tell now or in the time to
// come.
func (l *Ledger) DueWithin(route string, within time.Duration) ([]alert.Group, error) {
	return l.read(l.dueKeys(route, l.Now().After(within)))
}

// read reads groups as they stand now.
func (l *Ledger) read(keys []alert.Fingerprint) ([]alert.Group, error) {
	now := l.Now()
	groups := make([]alert.Group, 0, len(keys))
	var damaged []alert.Fingerprint
	err := l.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketGroups)
		for _, fp := range keys {
			raw := b.Get(fp[:])
			if raw == nil {
				continue // gone since the index was read
			}
			row, err := decodeGroup(fp[:], raw)
			if err != nil {
				damaged = append(damaged, fp)
				continue
			}
			groups = append(groups, row.group(now))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	return groups, l.discard(damaged)
}

func (l *Ledger) dueKeys(route string, until Time) []alert.Fingerprint {
	var keys []alert.Fingerprint
	at := map[alert.Fingerprint]Time{}
	number := slices.Index(l.routes, route)
	if next, ok := l.NextDue(route); !ok || next > until {
		return nil
	}
	l.mu.Lock()
	for fp, e := range l.index {
		if due := e.dueOn(number); due != 0 && due <= until {
			keys, at[fp] = append(keys, fp), due
		}
	}
	l.mu.Unlock()
	slices.SortFunc(keys, func(a, b alert.Fingerprint) int {
		return cmp.Or(cmp.Compare(at[a], at[b]), bytes.Compare(a[:], b[:]))
	})
	return keys
}

// discard counts rows that cannot be read as lost, so that they are due no
// more.
func (l *Ledger) discard(damaged []alert.Fingerprint) error {
	if len(damaged) == 0 {
		return nil
	}
	return l.do(change(context.Background(), func(t *transaction) error {
		for _, fp := range damaged {
			if _, err := t.row(fp); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Mark says what a card told: a group, the total that stood on it, and whether
// it said that the group is over.
type Mark struct {
	Fingerprint alert.Fingerprint
	Total       int64
	Recovered   bool
	// Ref names the message on the far side, at most MaxRefBytes; a longer one is
	// not kept, and none leaves the one that is known. SentAt is when it was sent,
	// by the far side's clock; of a message that was changed in place, the first
	// time stays. See alert.Group.Ref.
	Ref    string
	SentAt time.Time
}

// MaxRefBytes bounds Mark.Ref.
const MaxRefBytes = 128

// MarkOf is the mark of a group as it was read.
func MarkOf(g alert.Group) Mark {
	return Mark{Fingerprint: g.Fingerprint, Total: g.Total, Recovered: g.State == alert.Recovered}
}

// Delivered marks groups as told on a route, and the notices with them, and
// ends the route's outage. Occurrences that came while the card was on its way
// are due again after the group's repeat interval.
func (l *Ledger) Delivered(ctx context.Context, route string, marks []Mark, told Notices) error {
	return l.do(&request{ctx: ctx, parts: max(len(marks), 1), apply: func(t *transaction, from, to int) error {
		if from == 0 {
			t.state.counts.CardsSent++
			t.changed = true
			t.tell(told)
			t.endOutage(route)
		}
		return t.mark(route, marks[from:min(to, len(marks))], false)
	}})
}

// Park marks groups as told though no card of theirs was accepted: their
// occurrences are counted as dropped.
func (l *Ledger) Park(ctx context.Context, route string, marks []Mark) error {
	return l.do(&request{ctx: ctx, parts: max(len(marks), 1), apply: func(t *transaction, from, to int) error {
		marks := marks[from:min(to, len(marks))]
		for _, m := range marks {
			row, err := t.row(m.Fingerprint)
			if err != nil {
				return err
			}
			if row == nil {
				continue
			}
			if n := min(m.Total, row.Group.Total) - row.Group.Delivered[route]; n > 0 {
				t.drop(DroppedParked, n)
			}
		}
		return t.mark(route, marks, true)
	}})
}

func (t *transaction) mark(route string, marks []Mark, parked bool) error {
	for _, m := range marks {
		row, err := t.row(m.Fingerprint)
		if err != nil {
			return err
		}
		if row == nil {
			continue // forgotten since; nothing is left to mark
		}
		row.told(route, t.now, m, parked, t.l.cfg)
		t.dirty[m.Fingerprint] = true
		t.changed = true
	}
	return nil
}

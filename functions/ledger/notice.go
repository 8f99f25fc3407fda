package ledger

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Reasons of Counts.Dropped and Gap.Why. They are part of the metrics.
const (
	// GapLedgerDamaged: the ledger's file was damaged and moved aside.
	GapLedgerDamaged = "ledger_damaged"
	// GapSourceDown: a source was down for longer than Events live.
	GapSourceDown = "source_down"
	// GapAuditLost: the audit entry was out of reach for longer than the API
	// server keeps trying.
	GapAuditLost = "audit_lost"

	// DroppedParked: no channel would take any form of the story's card.
	DroppedParked = "parked"
	// DroppedRefusedAtSource: the function refused the Event for good.
	DroppedRefusedAtSource = "refused"
)

// Counts are kept across restarts.
type Counts struct {
	Occurrences        int64            `json:"o,omitempty"` // counted in groups
	Coalesced          int64            `json:"c,omitempty"` // reports that went to an overflow row
	PossibleDuplicates int64            `json:"p,omitempty"` // seen rows forgotten early
	CardsSent          int64            `json:"s,omitempty"`
	Dropped            map[string]int64 `json:"d,omitempty"` // per reason
	Told               map[string]int64 `json:"t,omitempty"` // of Dropped, what a card has named
}

func (c Counts) clone() Counts {
	c.Dropped, c.Told = maps.Clone(c.Dropped), maps.Clone(c.Told)
	return c
}

// Gap is a time in which Events may have been missed.
type Gap struct {
	From time.Time `json:"f,omitzero"` // wall time, as well as it is known
	To   time.Time `json:"t,omitzero"`
	Why  string    `json:"w"`
}

// Notices are what the next card has to say besides its stories.
type Notices struct {
	Gaps []Gap `json:"g,omitempty"` // oldest first, at most maxGaps
	// MoreGaps counts those that found no room.
	MoreGaps int64 `json:"m,omitempty"`
	// Dropped is what was dropped and not told yet, per reason.
	Dropped map[string]int64 `json:"-"`
}

const maxGaps = 8

func (n Notices) clone() Notices {
	n.Gaps = slices.Clone(n.Gaps)
	return n
}

// Empty says that there is nothing to tell.
func (n Notices) Empty() bool { return len(n.Gaps) == 0 && len(n.Dropped) == 0 }

// Counts reads the counters.
func (l *Ledger) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts.clone()
}

// Notices reads what is to be told.
func (l *Ledger) Notices() Notices {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.notice.clone()
	for reason, total := range l.counts.Dropped {
		if rest := total - l.counts.Told[reason]; rest > 0 {
			if n.Dropped == nil {
				n.Dropped = map[string]int64{}
			}
			n.Dropped[reason] = rest
		}
	}
	return n
}

// AddGap keeps a gap until a card has told it.
func (l *Ledger) AddGap(g Gap) error {
	return l.do(context.Background(), 1, func(t *transaction) error {
		t.meta = true
		if len(t.notice.Gaps) == maxGaps {
			t.notice.MoreGaps++
			t.notice.Gaps = t.notice.Gaps[1:]
		}
		t.notice.Gaps = append(t.notice.Gaps, g)
		return nil
	})
}

// AddDropped counts a loss.
func (l *Ledger) AddDropped(reason string, n int64) error {
	if n <= 0 {
		return nil
	}
	return l.do(context.Background(), 1, func(t *transaction) error {
		t.drop(reason, n)
		return nil
	})
}

func (t *transaction) drop(reason string, n int64) {
	if t.counts.Dropped == nil {
		t.counts.Dropped = map[string]int64{}
	}
	t.counts.Dropped[reason] += n
	t.meta = true
}

// tell marks notices as told.
func (t *transaction) tell(n Notices) {
	t.meta = t.meta || !n.Empty()
	t.notice.Gaps = slices.DeleteFunc(t.notice.Gaps, func(g Gap) bool {
		return slices.ContainsFunc(n.Gaps, func(told Gap) bool {
			return told.Why == g.Why && told.From.Equal(g.From) && told.To.Equal(g.To)
		})
	})
	t.notice.MoreGaps = max(t.notice.MoreGaps-n.MoreGaps, 0)
	for reason, count := range n.Dropped {
		if t.counts.Told == nil {
			t.counts.Told = map[string]int64{}
		}
		t.counts.Told[reason] += count
	}
}

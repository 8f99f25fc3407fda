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

	// DroppedNoRoom: the ledger was full beyond its bounds.
	DroppedNoRoom = "no_room"
	// DroppedDamaged: a story's row has rotted on the disk; counts stories.
	DroppedDamaged = "damaged"
	// DroppedParked: no channel would take any form of the story's card.
	DroppedParked = "parked"
	// DroppedRefusedAtSource: the function refused the Event for good.
	DroppedRefusedAtSource = "refused"
)

// Counts are kept across restarts.
type Counts struct {
	Occurrences        int64 `json:"o,omitempty"` // counted in groups
	Coalesced          int64 `json:"c,omitempty"` // reports that went to an overflow row
	PossibleDuplicates int64 `json:"p,omitempty"` // seen rows forgotten early
	// BelowMin is what was never told as it did not happen often enough for its
	// Report.Min. It was not wanted, so it is not dropped, and no card names it.
	BelowMin  int64            `json:"b,omitempty"`
	CardsSent int64            `json:"s,omitempty"`
	Dropped   map[string]int64 `json:"d,omitempty"` // per reason
	Told      map[string]int64 `json:"t,omitempty"` // of Dropped, what a card has named
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

func (g Gap) equal(h Gap) bool { return g.Why == h.Why && g.From.Equal(h.From) && g.To.Equal(h.To) }

// Notices are what the next card has to say besides its stories.
type Notices struct {
	Gaps []Gap `json:"g,omitempty"` // oldest first, at most maxGaps
	// MoreGaps counts those that found no room.
	MoreGaps int64 `json:"m,omitempty"`
	// MoreTold is how many of these were told ever.
	MoreTold int64 `json:"u,omitempty"`
	// Dropped is what was dropped and not told yet, per reason.
	Dropped map[string]int64 `json:"-"`

	upTo     map[string]int64 // what Counts.Told becomes when this was told
	moreUpTo int64            // and MoreTold
}

const (
	maxGaps    = 8
	maxReasons = 64
	// droppedOther counts under reasons that found no room.
	droppedOther = "other"
)

func (n Notices) clone() Notices {
	n.Gaps = slices.Clone(n.Gaps)
	return n
}

// Empty says that there is nothing to tell.
func (n Notices) Empty() bool { return len(n.Gaps) == 0 && n.MoreGaps == 0 && len(n.Dropped) == 0 }

// Counts reads the counters.
func (l *Ledger) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.counts.clone()
}

// Notices reads what is to be told. Hand the same value to Delivered when a
// card has told it: what happened meanwhile stays to be told, also where
// several routes tell the same.
func (l *Ledger) Notices() Notices {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.state.notice.clone()
	n.moreUpTo = n.MoreTold + n.MoreGaps
	for reason, total := range l.state.counts.Dropped {
		if rest := total - l.state.counts.Told[reason]; rest > 0 {
			if n.Dropped == nil {
				n.Dropped, n.upTo = map[string]int64{}, map[string]int64{}
			}
			n.Dropped[reason], n.upTo[reason] = rest, total
		}
	}
	return n
}

// AddGap keeps a gap until a card has told it.
func (l *Ledger) AddGap(g Gap) error {
	return l.do(change(context.Background(), func(t *transaction) error {
		t.changed = t.state.notice.add(g) || t.changed
		return nil
	}))
}

// add keeps a gap; false when it is known already.
func (n *Notices) add(g Gap) bool {
	g.From, g.To = storable(g.From), storable(g.To)
	if slices.ContainsFunc(n.Gaps, g.equal) {
		return false
	}
	if len(n.Gaps) == maxGaps {
		n.MoreGaps++
		n.Gaps = n.Gaps[1:]
	}
	n.Gaps = append(n.Gaps, g)
	return true
}

// AddDropped counts a loss.
func (l *Ledger) AddDropped(reason string, n int64) error {
	if n <= 0 {
		return nil
	}
	return l.do(change(context.Background(), func(t *transaction) error {
		t.drop(reason, n)
		return nil
	}))
}

func (t *transaction) drop(reason string, n int64) {
	c := &t.state.counts
	if c.Dropped == nil {
		c.Dropped = map[string]int64{}
	}
	if _, known := c.Dropped[reason]; !known && len(c.Dropped) >= maxReasons {
		reason = droppedOther
	}
	c.Dropped[reason] += n
	t.changed = true
}

// tell marks notices as told; to mark the same twice changes nothing, whatever
// came in between: numbers are marked up to where they had come.
func (t *transaction) tell(n Notices) {
	notice, counts := &t.state.notice, &t.state.counts
	notice.Gaps = slices.DeleteFunc(notice.Gaps, func(g Gap) bool { return slices.ContainsFunc(n.Gaps, g.equal) })
	if more := min(n.moreUpTo-notice.MoreTold, notice.MoreGaps); more > 0 {
		notice.MoreGaps, notice.MoreTold = notice.MoreGaps-more, notice.MoreTold+more
	}
	for reason, upTo := range n.upTo {
		if counts.Told == nil {
			counts.Told = map[string]int64{}
		}
		counts.Told[reason] = min(max(counts.Told[reason], upTo), counts.Dropped[reason])
	}
}

package notify

import (
	"maps"
	"slices"
	"time"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/ledger"
)

// auditPatience is how long an API server repeats an audit entry that is
// refused at once (k8s.io/apiserver, plugin/pkg/audit/webhook: five tries).
const auditPatience = 90 * time.Second

// judge says what the source lost between two statuses.
func (s *sources) judge(st sourceStatus, prev, row *sourceRow) ledger.Lost {
	base := prev.Status
	if base.Boot != st.Boot {
		base.Refused, base.Dropped = nil, nil
	}
	lost := ledger.Lost{Dropped: map[string]int64{}, Gap: s.gap(prev, row)}
	grown(lost.Dropped, "refused_", st.Refused, base.Refused)
	grown(lost.Dropped, "source_", st.Dropped, base.Dropped)
	return lost
}

// gap is a time whose Events cannot be had any more; nil when there is none.
func (s *sources) gap(prev, row *sourceRow) *ledger.Gap {
	if prev.HeardWall.IsZero() {
		return nil
	}
	good, goodWall := prev.Good, prev.GoodWall
	if goodWall.IsZero() { // it ended before it could say that it was connected
		good, goodWall = prev.Heard, prev.HeardWall
	}
	st := row.Status
	switch {
	case st.Origin == wire.OriginAudit && st.Connected && prev.Status.Boot != st.Boot:
		// What the API server could not hand over while the audit entry was
		// away it gives up after a while, and nobody lists it afterwards.
		if row.Heard.Sub(prev.Heard) > time.Duration(st.IntervalSeconds)*time.Second+auditPatience {
			return &ledger.Gap{From: prev.HeardWall, To: row.HeardWall, Why: ledger.GapAuditLost}
		}
	case st.Origin == wire.OriginWatch && !row.GoodWall.IsZero() && row.Good > good:
		// A watch source lists what the API server still has, so only what
		// expired there meanwhile is missing.
		if row.Good.Sub(good) > s.ttl {
			return &ledger.Gap{From: goodWall, To: row.GoodWall, Why: ledger.GapSourceDown}
		}
	}
	return nil
}

// grown adds, per reason, by how much a counter has grown.
func grown(to map[string]int64, prefix string, now, before map[string]uint64) {
	const maxReasons = 16
	for i, reason := range slices.Sorted(maps.Keys(now)) {
		if i >= maxReasons {
			return
		}
		if count := now[reason]; count > before[reason] {
			to[prefix+dropReason(reason)] += int64(min(count-before[reason], 1<<31))
		}
	}
}

// dropReason folds a sender's word to what may be a metric's label.
func dropReason(s string) string {
	if len(s) == 0 || len(s) > 32 {
		return "other"
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '_' {
			return "other"
		}
	}
	return s
}

package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/ledger"
)

// sourceStatus is a status and the cluster it came from.
type sourceStatus struct {
	Cluster string
	wire.Status
}

func (s sourceStatus) key() string { return s.Cluster + "/" + s.Origin }

// sourceRow is what is remembered of a source across restarts.
type sourceRow struct {
	Status wire.Status `json:"s"`
	// Heard and HeardWall are when the source was last heard of, Good and
	// GoodWall when it last said that it was connected.
	Heard     ledger.Time `json:"h"`
	HeardWall time.Time   `json:"w"`
	Good      ledger.Time `json:"g"`
	GoodWall  time.Time   `json:"v"`
}

// sources follows the sources' statuses. It alone computes gaps; a source only
// says how it is.
type sources struct {
	ledger *ledger.Ledger
	ttl    time.Duration
	log    *slog.Logger

	mu   sync.Mutex
	rows map[string]*sourceRow // as last heard; the ledger's copy may be older
	kept map[string]ledger.Time
}

func newSources(l *ledger.Ledger, ttl time.Duration, log *slog.Logger) *sources {
	return &sources{ledger: l, ttl: ttl, log: log, rows: map[string]*sourceRow{}, kept: map[string]ledger.Time{}}
}

// maxSources bounds the memory that foreign statuses can take.
const maxSources = 4096

// observe takes in one status. An error means that it could not be kept and
// shall be sent again.
func (s *sources) observe(st sourceStatus) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	prev, err := s.load(st.key())
	if err != nil {
		return err
	}
	now, wall := s.ledger.Now(), time.Now()
	if prev != nil && prev.Status.Boot == st.Boot && st.Sequence <= prev.Status.Sequence {
		return nil // a repeat
	}
	row := &sourceRow{Status: st.Status, Heard: now, HeardWall: wall}
	if prev == nil {
		prev = new(sourceRow)
	}
	row.Good, row.GoodWall = prev.Good, prev.GoodWall
	if err := s.judge(st, prev, now, wall); err != nil {
		return err
	}
	if st.Connected {
		row.Good, row.GoodWall = now, wall
	}
	if len(s.rows) < maxSources || s.rows[st.key()] != nil {
		s.rows[st.key()] = row
	}
	return s.keep(st.key(), prev, row)
}

// load reads what is known of a source, from memory or else from the ledger.
func (s *sources) load(key string) (*sourceRow, error) {
	if row := s.rows[key]; row != nil {
		return row, nil
	}
	row := new(sourceRow)
	found, err := s.ledger.Source(key, row)
	if err != nil {
		return nil, fmt.Errorf("read source %s: %w", key, err)
	}
	if !found {
		return nil, nil
	}
	return row, nil
}

// judge counts what the source lost and tells a gap that it cannot close.
func (s *sources) judge(st sourceStatus, prev *sourceRow, now ledger.Time, wall time.Time) error {
	base := prev.Status
	if base.Boot != st.Boot {
		base.Refused, base.Dropped = nil, nil
	}
	if err := s.lost("refused_", st.Refused, base.Refused); err != nil {
		return err
	}
	if err := s.lost("source_", st.Dropped, base.Dropped); err != nil {
		return err
	}
	if !st.Connected || prev.HeardWall.IsZero() {
		return nil
	}
	if prev.GoodWall.IsZero() { // it ended before it could say that it was connected
		prev.Good, prev.GoodWall = prev.Heard, prev.HeardWall
	}
	switch away := now.Sub(prev.Heard); {
	case st.Origin == wire.OriginAudit && prev.Status.Boot != st.Boot:
		// What the API server could not hand over while the audit entry was
		// away it gives up after a while, and nobody lists it afterwards.
		if patience := time.Duration(st.IntervalSeconds)*time.Second + auditPatience; away > patience {
			return s.gap(st, prev.HeardWall, wall, away, ledger.GapAuditLost)
		}
	case st.Origin == wire.OriginWatch:
		// A watch source lists what the API server still has, so only what
		// expired there meanwhile is missing.
		if away = now.Sub(prev.Good); away > s.ttl {
			return s.gap(st, prev.GoodWall, wall, away, ledger.GapSourceDown)
		}
	}
	return nil
}

// auditPatience is how long an API server repeats an audit entry that is
// refused at once (k8s.io/apiserver, plugin/pkg/audit/webhook: five tries).
const auditPatience = 90 * time.Second

func (s *sources) gap(st sourceStatus, from, to time.Time, away time.Duration, why string) error {
	s.log.Warn("source was away: some Events may be missed", "source", st.key(), "away", away.Round(time.Second).String(), "why", why)
	return s.ledger.AddGap(ledger.Gap{From: from, To: to, Why: why})
}

// lost counts, per reason, by how much a counter has grown.
func (s *sources) lost(prefix string, now, before map[string]uint64) error {
	const maxReasons = 16
	n := 0
	for reason, count := range now {
		if n++; n > maxReasons {
			break
		}
		if count <= before[reason] {
			continue
		}
		if err := s.ledger.AddDropped(prefix+dropReason(reason), int64(min(count-before[reason], 1<<31))); err != nil {
			return err
		}
	}
	return nil
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

// keep writes a source to disk when something changed or the disk's copy is
// getting old; a status a minute would wear out an SD card.
func (s *sources) keep(key string, prev, row *sourceRow) error {
	same := prev.Status.Boot == row.Status.Boot && prev.Status.Connected == row.Status.Connected &&
		total(prev.Status.Refused) == total(row.Status.Refused) && total(prev.Status.Dropped) == total(row.Status.Dropped)
	if at, ok := s.kept[key]; same && ok && row.Heard.Sub(at) < s.ttl/4 {
		return nil
	}
	if err := s.ledger.PutSource(context.Background(), key, row); err != nil {
		return fmt.Errorf("keep source %s: %w", key, err)
	}
	if len(s.kept) < maxSources {
		s.kept[key] = row.Heard
	}
	return nil
}

func total(m map[string]uint64) (n uint64) {
	for _, v := range m {
		n += v
	}
	return n
}

// SourceStatus is a source as /status shows it.
type SourceStatus struct {
	Source    string    `json:"source"`
	Origin    string    `json:"origin"`
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since,omitzero"`
	LastHeard time.Time `json:"lastHeard"`
	// Silent says that a status is overdue.
	Silent   bool              `json:"silent"`
	Accepted uint64            `json:"accepted"`
	Refused  map[string]uint64 `json:"refused,omitempty"`
	Dropped  map[string]uint64 `json:"dropped,omitempty"`
}

func (s *sources) status() []SourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]SourceStatus, 0, len(s.rows))
	for key, r := range s.rows {
		overdue := 3 * time.Duration(r.Status.IntervalSeconds) * time.Second
		out = append(out, SourceStatus{
			Source: wire.Source(key[:len(key)-len(r.Status.Origin)-1]), Origin: r.Status.Origin,
			Connected: r.Status.Connected, Since: r.Status.ConnectedSince, LastHeard: r.HeardWall,
			Silent: s.ledger.Now().Sub(r.Heard) > overdue, Accepted: r.Status.Accepted,
			Refused: r.Status.Refused, Dropped: r.Status.Dropped,
		})
	}
	return out
}

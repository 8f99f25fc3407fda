package notify

import (
	"context"
	"fmt"
	"log/slog"
	"math"
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
	// GoodWall until when it is known that its Events came through.
	Heard     ledger.Time `json:"h"`
	HeardWall time.Time   `json:"w"`
	Good      ledger.Time `json:"g"`
	GoodWall  time.Time   `json:"v"`
	// Whole says that this boot has handed over what it found at its start.
	Whole bool `json:"c,omitempty"`
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
// shall be sent again: nothing of it was counted, on disk or in memory.
func (s *sources) observe(st sourceStatus) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	prev, err := s.load(st.key())
	if err != nil {
		return err
	}
	if prev == nil {
		prev = new(sourceRow)
	}
	if prev.Status.Boot == st.Boot && st.Sequence <= prev.Status.Sequence {
		return nil // a repeat
	}
	row := prev.next(st.Status, s.ledger.Now(), time.Now())
	if err := s.keep(st.key(), prev, row, s.judge(st, prev, row)); err != nil {
		return err
	}
	if len(s.rows) < maxSources || s.rows[st.key()] != nil {
		s.rows[st.key()] = row
	}
	return nil
}

// next is the row after one more status. While the sink takes no Events, those
// that expire at the API server are lost, whatever the connection to it is
// like: the source was last good when that began. And what it found when it
// started it has handed over only once it says so.
func (r *sourceRow) next(st wire.Status, now ledger.Time, wall time.Time) *sourceRow {
	out := &sourceRow{Status: st, Heard: now, HeardWall: wall, Good: r.Good, GoodWall: r.GoodWall}
	out.Whole = st.Complete || st.Origin == wire.OriginAudit || r.Whole && r.Status.Boot == st.Boot
	if !st.Connected || !out.Whole {
		return out
	}
	down := time.Duration(min(st.SinkDownSeconds, math.MaxInt32)) * time.Second
	if r.HeardWall.IsZero() {
		down = 0 // what was before the first word is nobody's loss
	}
	if at := now.After(-down); at > r.Good || r.GoodWall.IsZero() {
		out.Good, out.GoodWall = at, wall.Add(-down)
	}
	return out
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

// keep writes a source to disk when something changed or the disk's copy is
// getting old; a status a minute would wear out an SD card.
func (s *sources) keep(key string, prev, row *sourceRow, lost ledger.Lost) error {
	same := prev.Status.Boot == row.Status.Boot && prev.Status.Connected == row.Status.Connected && prev.Whole == row.Whole &&
		total(prev.Status.Refused) == total(row.Status.Refused) && total(prev.Status.Dropped) == total(row.Status.Dropped)
	if at, ok := s.kept[key]; same && ok && lost.Empty() && row.Heard.Sub(at) < s.ttl/4 {
		return nil
	}
	if err := s.ledger.PutSource(context.Background(), key, row, lost); err != nil {
		return fmt.Errorf("keep source %s: %w", key, err)
	}
	if lost.Gap != nil {
		s.log.Warn("source was away: some Events may be missed", "source", key,
			"from", lost.Gap.From, "to", lost.Gap.To, "why", lost.Gap.Why)
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

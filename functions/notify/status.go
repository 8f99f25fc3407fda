package notify

import (
	"log/slog"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// Status is what GET /status answers.
type Status struct {
	Cluster string         `json:"cluster"`
	Channel ChannelStatus  `json:"channel"`
	Link    LinkStatus     `json:"link"`
	Backlog BacklogStatus  `json:"backlog"`
	Usage   UsageStatus    `json:"usage"`
	Ledger  LedgerStatus   `json:"ledger"`
	Sources []SourceStatus `json:"sources"`
}

// ChannelStatus names where cards go.
type ChannelStatus struct {
	Kind string `json:"kind"`
	// Target is the host alone: the rest of the address is the credential.
	Target string `json:"target,omitempty"`
	// ClockOffset is how far the far side's clock is ahead of this one.
	ClockOffset string `json:"clockOffset,omitempty"`
}

// BacklogStatus counts what is not told yet.
type BacklogStatus struct {
	Groups      int    `json:"groups"`
	Due         int    `json:"due"`
	OldestDue   string `json:"oldestDue,omitempty"` // how long it has been due
	NoticeWaits bool   `json:"noticeWaits,omitempty"`
}

// UsageStatus is what the link has carried, in bytes of the channel.
type UsageStatus struct {
	Today     int64 `json:"todayBytes"`
	ThisMonth int64 `json:"thisMonthBytes"`
	PerDay    int64 `json:"budgetPerDay,omitempty"`
	// Budget is off, open, soft (over 80 %) or hard (used up).
	Budget string `json:"budget"`
}

// LedgerStatus is how the disk stands.
type LedgerStatus struct {
	Writable           bool             `json:"writable"`
	Error              string           `json:"error,omitempty"`
	Groups             int              `json:"groups"`
	Seen               int              `json:"seen"`
	Bytes              int64            `json:"bytes"`
	UsedBytes          int64            `json:"usedBytes"`
	Uptime             string           `json:"clock"` // the ledger's own clock
	Occurrences        int64            `json:"occurrences"`
	CardsSent          int64            `json:"cardsSent"`
	Coalesced          int64            `json:"coalesced,omitempty"`
	PossibleDuplicates int64            `json:"possibleDuplicates,omitempty"`
	Dropped            map[string]int64 `json:"dropped,omitempty"`
}

// Status reads how the function is.
func (f *Function) Status() Status {
	st, counts := f.ledger.Stats(), f.ledger.Counts()
	out := Status{
		Cluster: f.cfg.Cluster,
		Channel: ChannelStatus{Kind: f.cfg.Channel, Target: f.target},
		Link:    f.out.link.status(),
		Ledger: LedgerStatus{
			Writable: st.Err == nil, Groups: st.Groups, Seen: st.Seen, Bytes: st.Bytes, UsedBytes: st.UsedBytes,
			Uptime: time.Duration(f.ledger.Now()).Round(time.Second).String(), Occurrences: counts.Occurrences,
			CardsSent: counts.CardsSent, Coalesced: counts.Coalesced,
			PossibleDuplicates: counts.PossibleDuplicates, Dropped: counts.Dropped,
		},
		Sources: f.sources.status(),
	}
	if st.Err != nil {
		out.Ledger.Error = st.Err.Error()
	}
	if offset := f.out.offset(); offset.Abs() >= time.Second {
		out.Channel.ClockOffset = offset.Round(time.Second).String()
	}
	out.Backlog = f.backlog()
	use, _ := f.out.usage.read()
	out.Usage = UsageStatus{Today: use.Day, ThisMonth: use.Month, PerDay: use.Budget, Budget: f.out.usage.state()}
	return out
}

func (f *Function) backlog() BacklogStatus {
	waiting, due := f.ledger.Backlog(alert.DefaultRoute)
	b := BacklogStatus{Groups: waiting, Due: due, NoticeWaits: !f.ledger.Notices().Empty()}
	if at, ok := f.ledger.NextDue(alert.DefaultRoute); ok && due > 0 {
		b.OldestDue = f.ledger.Now().Sub(at).Round(time.Second).String()
	}
	return b
}

// outage logs the same trouble once, and its end.
type outage struct {
	mu    sync.Mutex
	what  string
	since time.Time
	n     int
}

func (o *outage) failed(log *slog.Logger, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n++; o.n == 1 {
		o.since = time.Now()
		log.Error(o.what, "error", err)
	}
}

func (o *outage) ended(log *slog.Logger) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n == 0 {
		return
	}
	log.Info("recovered: "+o.what, "after", time.Since(o.since).Round(time.Second).String(), "refused", o.n)
	o.n = 0
}

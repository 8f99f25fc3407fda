package notify

import (
	"log/slog"
	"sync"
	"time"
)

// Status is what GET /status answers.
type Status struct {
	Cluster string `json:"cluster"`
	// Channel and Link are those of the default route; with ROUTES each route
	// has its own under Routes, and Backlog is the sum of theirs.
	Channel ChannelStatus  `json:"channel,omitzero"`
	Link    LinkStatus     `json:"link,omitzero"`
	Backlog BacklogStatus  `json:"backlog"`
	Routes  []RouteStatus  `json:"routes,omitempty"`
	Usage   UsageStatus    `json:"usage"`
	Ledger  LedgerStatus   `json:"ledger"`
	Sources []SourceStatus `json:"sources"`
}

// RouteStatus is how one route is.
type RouteStatus struct {
	Route string `json:"route"`
	// Match is what it takes; empty means everything that reaches it.
	Match    string        `json:"match,omitempty"`
	Continue bool          `json:"continue,omitempty"`
	Channel  ChannelStatus `json:"channel"`
	Link     LinkStatus    `json:"link"`
	Backlog  BacklogStatus `json:"backlog"`
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

	oldest time.Duration
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
	use, _ := f.usage.read()
	out.Usage = UsageStatus{Today: use.Day, ThisMonth: use.Month, PerDay: use.Budget, Budget: f.usage.state()}
	routes := f.routeStatuses()
	out.Backlog = backlogOf(routes)
	out.Backlog.NoticeWaits = !f.ledger.Notices().Empty()
	if f.several() {
		out.Routes = routes
	} else if len(routes) == 1 {
		out.Channel, out.Link = routes[0].Channel, routes[0].Link
	}
	return out
}

func (f *Function) routeStatuses() []RouteStatus {
	out := make([]RouteStatus, 0, len(f.out))
	for _, d := range f.out {
		out = append(out, d.status())
	}
	return out
}

func (d *deliverer) status() RouteStatus {
	out := RouteStatus{
		Route: d.Name, Match: d.Match.String(), Continue: d.Continue, Channel: ChannelStatus{Kind: d.Kind, Target: d.Target}, Link: d.link.status(),
	}
	if offset := d.offset(); offset.Abs() >= time.Second {
		out.Channel.ClockOffset = offset.Round(time.Second).String()
	}
	waiting, due := d.ledger.Backlog(d.Name)
	out.Backlog = BacklogStatus{Groups: waiting, Due: due}
	if at, ok := d.ledger.NextDue(d.Name); ok && due > 0 {
		out.Backlog.oldest = d.ledger.Now().Sub(at)
		out.Backlog.OldestDue = out.Backlog.oldest.Round(time.Second).String()
	}
	return out
}

// backlogOf adds up; a story counts on each of its routes.
func backlogOf(routes []RouteStatus) (sum BacklogStatus) {
	for _, r := range routes {
		sum.Groups += r.Backlog.Groups
		sum.Due += r.Backlog.Due
		if r.Backlog.OldestDue != "" && r.Backlog.oldest >= sum.oldest {
			sum.oldest, sum.OldestDue = r.Backlog.oldest, r.Backlog.OldestDue
		}
	}
	return sum
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

package notify

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/VictoriaMetrics/metrics"

	"github.com/edgebell/edgebell/functions/alert"
)

// metricSet are the function's counters since its start. What must outlive a
// restart is counted in the ledger and read from there.
type metricSet struct {
	set *metrics.Set

	received *metrics.Counter
	alerts   *metrics.Counter
	ignored  *metrics.Counter
	refused  *metrics.Counter
	muted    *metrics.Counter // for good
	held     *metrics.Counter // until a window ends
}

// routeMetrics are those of one route. They name it where there are several.
type routeMetrics struct {
	set               *metrics.Set
	route             string
	bytesOut, bytesIn *metrics.Counter
}

func newMetrics() *metricSet {
	s := metrics.NewSet()
	return &metricSet{
		set:      s,
		received: s.NewCounter(`edgebell_events_received_total`),
		alerts:   s.NewCounter(`edgebell_events_matched_total`),
		ignored:  s.NewCounter(`edgebell_events_ignored_total`),
		refused:  s.NewCounter(`edgebell_requests_refused_total`),
		muted:    s.NewCounter(`edgebell_events_muted_total{until="ever"}`),
		held:     s.NewCounter(`edgebell_events_muted_total{until="window_ends"}`),
	}
}

// judged counts what MUTE silences.
func (m *metricSet) judged(v alert.Verdict) {
	switch {
	case v.Muted:
		m.muted.Inc()
	case v.MutedFor > 0:
		m.held.Inc()
	}
}

func (m *metricSet) route(name string) *routeMetrics {
	bytes := func(direction string) *metrics.Counter {
		return m.set.NewCounter(series("edgebell_channel_bytes_total", "route", name, "direction", direction))
	}
	return &routeMetrics{set: m.set, route: name, bytesOut: bytes("out"), bytesIn: bytes("in")}
}

// series is a metric with its labels; those that are empty are left out.
func series(name string, labels ...string) string {
	var set []string
	for i := 0; i+1 < len(labels); i += 2 {
		if labels[i+1] != "" {
			set = append(set, fmt.Sprintf("%s=%q", labels[i], labels[i+1]))
		}
	}
	if len(set) == 0 {
		return name
	}
	return name + "{" + strings.Join(set, ",") + "}"
}

// sent counts a try by its outcome.
func (m *routeMetrics) sent(r Receipt, err error) {
	m.bytesOut.AddInt64(r.BytesOut)
	m.bytesIn.AddInt64(r.BytesIn)
	result := "delivered"
	var se *SendError
	if errors.As(err, &se) {
		result = se.Outcome.String()
	} else if err != nil {
		result = Retry.String()
	}
	m.set.GetOrCreateCounter(series("edgebell_sends_total", "route", m.route, "result", result)).Inc()
}

// writeMetrics writes the Prometheus text format.
func (f *Function) writeMetrics(w io.Writer) {
	f.metrics.set.WritePrometheus(w)
	st, counts := f.ledger.Stats(), f.ledger.Counts()
	gauge := func(name string, v float64) { metrics.WriteGaugeFloat64(w, name, v) }
	counter := func(name string, v int64) { metrics.WriteCounterUint64(w, name, uint64(v)) }
	counter("edgebell_occurrences_total", counts.Occurrences)
	counter("edgebell_cards_sent_total", counts.CardsSent)
	counter("edgebell_coalesced_total", counts.Coalesced)
	counter("edgebell_possible_duplicates_total", counts.PossibleDuplicates)
	counter("edgebell_below_min_count_total", counts.BelowMin)
	for reason, n := range counts.Dropped {
		counter(fmt.Sprintf("edgebell_dropped_total{reason=%q}", reason), n)
	}
	gauge("edgebell_groups", float64(st.Groups))
	gauge("edgebell_seen_rows", float64(st.Seen))
	gauge("edgebell_ledger_bytes", float64(st.Bytes))
	gauge("edgebell_ledger_used_bytes", float64(st.UsedBytes))
	gauge("edgebell_ledger_writable", truth(st.Err == nil))
	for _, d := range f.out {
		d.writeMetrics(gauge)
	}
	use, _ := f.usage.read()
	gauge("edgebell_channel_bytes_today", float64(use.Day))
	gauge("edgebell_channel_bytes_this_month", float64(use.Month))
	gauge("edgebell_channel_budget_bytes", float64(use.Budget))
	for _, s := range f.sources.status() {
		gauge(fmt.Sprintf("edgebell_source_connected{source=%q,origin=%q}", s.Source, s.Origin), truth(s.Connected && !s.Silent))
	}
	metrics.WriteProcessMetrics(w)
}

// writeMetrics writes how the route is.
func (d *deliverer) writeMetrics(gauge func(string, float64)) {
	route := d.metrics.route
	waiting, due := d.ledger.Backlog(d.Name)
	gauge(series("edgebell_groups_waiting", "route", route), float64(waiting))
	gauge(series("edgebell_groups_due", "route", route), float64(due))
	link := d.link.status()
	for _, state := range []string{LinkUnknown, LinkUp, LinkDown, LinkRefused} {
		gauge(series("edgebell_link_state", "route", route, "state", state), truth(link.State == state))
	}
	gauge(series("edgebell_channel_clock_offset_seconds", "route", route), d.offset().Seconds())
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

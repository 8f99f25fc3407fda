package notify

import (
	"errors"
	"fmt"
	"io"

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
	bytesOut *metrics.Counter
	bytesIn  *metrics.Counter
}

func newMetrics() *metricSet {
	s := metrics.NewSet()
	return &metricSet{
		set:      s,
		received: s.NewCounter(`edgebell_events_received_total`),
		alerts:   s.NewCounter(`edgebell_events_matched_total`),
		ignored:  s.NewCounter(`edgebell_events_ignored_total`),
		refused:  s.NewCounter(`edgebell_requests_refused_total`),
		bytesOut: s.NewCounter(`edgebell_channel_bytes_total{direction="out"}`),
		bytesIn:  s.NewCounter(`edgebell_channel_bytes_total{direction="in"}`),
	}
}

// sent counts a try by its outcome.
func (m *metricSet) sent(r Receipt, err error) {
	m.bytesOut.AddInt64(r.BytesOut)
	m.bytesIn.AddInt64(r.BytesIn)
	result := "delivered"
	var se *SendError
	if errors.As(err, &se) {
		result = se.Outcome.String()
	} else if err != nil {
		result = Retry.String()
	}
	m.set.GetOrCreateCounter(fmt.Sprintf(`edgebell_sends_total{result=%q}`, result)).Inc()
}

// writeMetrics writes the Prometheus text format.
func (f *Function) writeMetrics(w io.Writer) {
	f.metrics.set.WritePrometheus(w)
	st, counts := f.ledger.Stats(), f.ledger.Counts()
	waiting, due := f.ledger.Backlog(alert.DefaultRoute)
	gauge := func(name string, v float64) { metrics.WriteGaugeFloat64(w, name, v) }
	counter := func(name string, v int64) { metrics.WriteCounterUint64(w, name, uint64(v)) }
	counter("edgebell_occurrences_total", counts.Occurrences)
	counter("edgebell_cards_sent_total", counts.CardsSent)
	counter("edgebell_coalesced_total", counts.Coalesced)
	counter("edgebell_possible_duplicates_total", counts.PossibleDuplicates)
	for reason, n := range counts.Dropped {
		counter(fmt.Sprintf("edgebell_dropped_total{reason=%q}", reason), n)
	}
	gauge("edgebell_groups", float64(st.Groups))
	gauge("edgebell_groups_waiting", float64(waiting))
	gauge("edgebell_groups_due", float64(due))
	gauge("edgebell_seen_rows", float64(st.Seen))
	gauge("edgebell_ledger_bytes", float64(st.Bytes))
	gauge("edgebell_ledger_used_bytes", float64(st.UsedBytes))
	gauge("edgebell_ledger_writable", truth(st.Err == nil))
	link := f.out.link.status()
	for _, state := range []string{LinkUnknown, LinkUp, LinkDown, LinkRefused} {
		gauge(fmt.Sprintf("edgebell_link_state{state=%q}", state), truth(link.State == state))
	}
	use, _ := f.out.usage.read()
	gauge("edgebell_channel_bytes_today", float64(use.Day))
	gauge("edgebell_channel_bytes_this_month", float64(use.Month))
	gauge("edgebell_channel_budget_bytes", float64(use.Budget))
	gauge("edgebell_channel_clock_offset_seconds", f.out.offset().Seconds())
	for _, s := range f.sources.status() {
		gauge(fmt.Sprintf("edgebell_source_connected{source=%q,origin=%q}", s.Source, s.Origin), truth(s.Connected && !s.Silent))
	}
	metrics.WriteProcessMetrics(w)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

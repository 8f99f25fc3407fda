package auditwebhook

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// counts are what happened since the start.
type counts struct {
	mu      sync.Mutex
	entries uint64
	events  uint64
	drops   map[string]uint64
	answers map[int]uint64
}

func newCounts() *counts {
	return &counts{drops: map[string]uint64{}, answers: map[int]uint64{}}
}

func (c *counts) took(entries, events int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries += uint64(entries)
	c.events += uint64(events)
	c.answers[http.StatusOK]++
}

func (c *counts) answered(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[status]++
}

func (c *counts) drop(reason string, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops[reason] += n
}

func (c *counts) dropped() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.drops)
}

// Report is what /status shows.
type Report struct {
	Cluster        string    `json:"cluster"`
	ListeningSince time.Time `json:"listeningSince"`
	// Entries counts the audit entries of settled requests, Events those that
	// were handed to the sink.
	Entries uint64            `json:"entries"`
	Events  uint64            `json:"events"`
	Dropped map[string]uint64 `json:"dropped,omitempty"`
	// PutOff is how many Events were answered with 503 and are to come again.
	PutOff int `json:"putOff"`
	// Outage is why the sink does not take events now.
	Outage       string `json:"outage,omitempty"`
	OpenRequests int    `json:"openRequests"`
	OpenBytes    int64  `json:"openBytes"`
}

func (w *Webhook) report() Report {
	r := Report{Cluster: w.cfg.Cluster, ListeningSince: w.since, PutOff: w.put.len(), Dropped: w.count.dropped()}
	r.OpenRequests, r.OpenBytes = w.room.used()
	if err := w.lane.down(); err != nil {
		r.Outage = err.Error()
	}
	w.count.mu.Lock()
	defer w.count.mu.Unlock()
	r.Entries, r.Events = w.count.entries, w.count.events
	return r
}

// writeMetrics writes the Prometheus text format.
func (w *Webhook) writeMetrics(out io.Writer) {
	r := w.report()
	metrics.WriteCounterUint64(out, "edgebell_audit_entries_total", r.Entries)
	metrics.WriteCounterUint64(out, "edgebell_audit_events_total", r.Events)
	for reason, n := range r.Dropped {
		metrics.WriteCounterUint64(out, fmt.Sprintf("edgebell_audit_dropped_total{reason=%q}", reason), n)
	}
	w.count.mu.Lock()
	answers := maps.Clone(w.count.answers)
	w.count.mu.Unlock()
	for status, n := range answers {
		metrics.WriteCounterUint64(out, fmt.Sprintf(`edgebell_audit_requests_total{status="%d"}`, status), n)
	}
	metrics.WriteGaugeUint64(out, "edgebell_audit_put_off", uint64(r.PutOff))
	metrics.WriteGaugeUint64(out, "edgebell_audit_open_requests", uint64(r.OpenRequests))
	metrics.WriteGaugeUint64(out, "edgebell_audit_open_bytes", uint64(r.OpenBytes))
	up := uint64(1)
	if r.Outage != "" {
		up = 0
	}
	metrics.WriteGaugeUint64(out, "edgebell_audit_sink_up", up)
	metrics.WriteProcessMetrics(out)
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/adapters/sink"
)

// pages show how the source is.
type pages struct {
	source *apiserver.Source
	client *sink.Client
}

// statusPage is what GET /status answers.
type statusPage struct {
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since,omitzero"`
	Complete  bool      `json:"complete"`
	Reason    string    `json:"reason,omitempty"`

	Read      uint64            `json:"read"`
	Delivered uint64            `json:"delivered"`
	Lists     uint64            `json:"lists"`
	Watches   uint64            `json:"watches"`
	Gone      uint64            `json:"gone"`
	Dropped   map[string]uint64 `json:"dropped,omitempty"`
	Sink      sinkStatus        `json:"sink"`
}

type sinkStatus struct {
	Posts     uint64            `json:"posts"`
	Accepted  uint64            `json:"accepted"`
	Refused   map[string]uint64 `json:"refused,omitempty"`
	DownSince time.Time         `json:"downSince,omitzero"`
	NextTry   time.Time         `json:"nextTry,omitzero"`
	LastError string            `json:"lastError,omitempty"`
}

func (p *pages) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.HandleFunc("GET /status", p.status)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		p.metrics(w)
	})
	return mux
}

// readyz says whether the source reads. The sink has no part in it.
func (p *pages) readyz(w http.ResponseWriter, _ *http.Request) {
	ready, reason := p.source.Ready()
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = io.WriteString(w, reason+"\n")
}

func (p *pages) status(w http.ResponseWriter, _ *http.Request) {
	state, read, sent := p.source.State(), p.source.Stats(), p.client.Stats()
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(statusPage{
		Connected: state.Connected, Since: state.Since, Complete: state.Complete, Reason: state.Reason,
		Read: read.Read, Delivered: read.Delivered, Lists: read.Lists, Watches: read.Watches, Gone: read.Gone, Dropped: read.Dropped,
		Sink: sinkStatus{
			Posts: sent.Posts, Accepted: sent.Accepted, Refused: sent.Refused,
			DownSince: sent.Down, NextTry: sent.NextTry, LastError: sent.LastError,
		},
	})
}

// report is what the source knows of itself, for its status events.
func (p *pages) report() wire.Status {
	state, read, sent := p.source.State(), p.source.Stats(), p.client.Stats()
	var down time.Duration
	if !sent.Down.IsZero() {
		down = time.Since(sent.Down)
	}
	return wire.Status{
		Connected: state.Connected, ConnectedSince: state.Since, Complete: state.Complete,
		SinkDownSeconds: int(down / time.Second), Accepted: sent.Accepted, Refused: maps.Clone(sent.Refused), Dropped: maps.Clone(read.Dropped),
	}
}

func (p *pages) metrics(w io.Writer) {
	state, read, sent := p.source.State(), p.source.Stats(), p.client.Stats()
	counter := func(name string, n uint64) { metrics.WriteCounterUint64(w, name, n) }
	gauge := func(name string, is bool) {
		v := 0.0
		if is {
			v = 1
		}
		metrics.WriteGaugeFloat64(w, name, v)
	}
	gauge("edgebell_source_connected", state.Connected)
	gauge("edgebell_source_complete", state.Complete)
	counter("edgebell_source_lists_total", read.Lists)
	counter("edgebell_source_watches_total", read.Watches)
	counter("edgebell_source_gone_total", read.Gone)
	counter("edgebell_source_events_read_total", read.Read)
	gauge("edgebell_sink_up", sent.Down.IsZero())
	counter("edgebell_sink_posts_total", sent.Posts)
	counter("edgebell_sink_accepted_total", sent.Accepted)
	for reason, n := range sent.Refused {
		counter(fmt.Sprintf("edgebell_dropped_total{reason=%q}", "refused_"+reason), n)
	}
	for reason, n := range read.Dropped {
		counter(fmt.Sprintf("edgebell_dropped_total{reason=%q}", "source_"+reason), n)
	}
	metrics.WriteProcessMetrics(w)
}

// Package apiserver lists and watches the Events of a Kubernetes API server and
// hands them to a sink as CloudEvents. It holds an Event only while that is on
// its way: there is no cache, and while the sink does not take, nothing is
// read. A position counts only when the sink has taken all before it, so a
// broken connection, a restart of the API server or a compacted history lose
// nothing that the API server still has. Deleted Events are not sent.
//
// Begin with New, then Run.
package apiserver

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"k8s.io/client-go/rest"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// Sink takes events. Deliver blocks until each is accepted or refused for
// good; an error says that ctx ended before.
type Sink interface {
	Deliver(ctx context.Context, events []event.Event) error
}

// pageSize is how many Events one list request asks for.
const pageSize = 100

// patience is how long a watch is kept open while the sink takes nothing. What
// a watch does not read is kept in memory by the API server, without bound.
const patience = 10 * time.Second

// Source reads one API server.
type Source struct {
	client  *client
	maker   *core.Maker
	batch   int
	sink    Sink
	log     *slog.Logger
	streams []*stream
	// listing lets one stream at a time hold pages.
	listing chan struct{}

	mu    sync.Mutex
	stats Stats
}

// New makes a Source for the API server that cfg names; nothing is asked yet.
// At most batch events go into one delivery.
func New(cfg Config, cluster string, batch int, sink Sink, log *slog.Logger) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	rc, err := restConfig(cfg.Kubeconfig)
	if err != nil {
		return nil, err
	}
	return newSource(rc, cfg, cluster, batch, sink, log)
}

func newSource(rc *rest.Config, cfg Config, cluster string, batch int, sink Sink, log *slog.Logger) (*Source, error) {
	c, err := newClient(rc, cfg.FieldSelector)
	if err != nil {
		return nil, err
	}
	s := &Source{client: c, maker: core.NewMaker(cluster, wire.OriginWatch), batch: max(batch, 1), sink: sink, log: log, listing: make(chan struct{}, 1)}
	for _, ns := range cfg.Namespaces {
		s.streams = append(s.streams, newStream(s, ns))
	}
	if len(s.streams) == 0 {
		s.streams = append(s.streams, newStream(s, ""))
	}
	return s, nil
}

// Run reads until ctx ends; then it returns nil. What the sink had not taken by
// then is read again by the next process.
func (s *Source) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, st := range s.streams {
		wg.Go(func() { st.run(ctx) })
	}
	wg.Wait()
	return nil
}

// State says how the source stands with the API server.
type State struct {
	// Connected: the API server answers, for every namespace. Since is when
	// that began or ended.
	Connected bool
	Since     time.Time
	// Complete: the sink has all Events that were there when the connection
	// was made.
	Complete bool
	// Reason is why it is not connected.
	Reason string
}

// State sums up all namespaces: one that fails is what counts, and one that has
// not been asked yet, as another is being listed, does not.
func (s *Source) State() State {
	out := State{Complete: true, Reason: "has not asked the API server yet"}
	failing := false
	for _, st := range s.streams {
		one := st.state.get()
		out.Complete = out.Complete && one.Complete
		switch {
		case one.Since.IsZero() || (failing && one.Connected):
		case one.Connected:
			out.Connected, out.Reason = true, ""
			if one.Since.After(out.Since) {
				out.Since = one.Since
			}
		case !failing || one.Since.Before(out.Since):
			failing = true
			out.Connected, out.Since, out.Reason = false, one.Since, st.named(one.Reason)
		}
	}
	return out
}

// Ready says whether this process can take its input: the API server answers.
// It says nothing about the sink.
func (s *Source) Ready() (bool, string) {
	state := s.State()
	return state.Connected, state.Reason
}

func (st *stream) named(reason string) string {
	if st.namespace == "" {
		return reason
	}
	return fmt.Sprintf("namespace %s: %s", st.namespace, reason)
}

package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent"
	"github.com/edgebell/edgebell/functions/alert"
)

// Handle takes CloudEvents: all of them or none. It returns nil once what
// matters of them is on disk; an error of type *refusal when they are wrong;
// any other error when they could not be kept now.
func (f *Function) Handle(ctx context.Context, events []event.Event) error {
	alerts := make([]alert.Alert, 0, len(events))
	var statuses []sourceStatus
	var lines [][]byte
	for i := range events {
		ce, index := &events[i], i
		if len(events) == 1 {
			index = -1
		}
		switch ce.Type() {
		case kubeevent.TypeEvent:
			ev, err := kubeevent.Decode(ce)
			if err != nil {
				return badRequest(index, err)
			}
			if f.cfg.DumpEvents {
				lines = append(lines, ce.Data())
			}
			a := alert.FromEvent(ev, alert.Seen{
				Cluster: kubeevent.Cluster(ce.Source()), Component: kubeevent.Component(ev),
				Count: kubeevent.Count(ev), First: kubeevent.FirstSeen(ev), Last: kubeevent.LastSeen(ev),
			})
			if f.cfg.filter.Match(a) {
				alerts = append(alerts, a)
			} else {
				f.metrics.ignored.Inc()
			}
		case kubeevent.TypeStatus:
			s, err := kubeevent.DecodeStatus(ce)
			if err != nil {
				return badRequest(index, err)
			}
			statuses = append(statuses, sourceStatus{Cluster: kubeevent.Cluster(ce.Source()), Status: s})
		default:
			return badRequest(index, fmt.Errorf("type %q is unknown: must be %s or %s", ce.Type(), kubeevent.TypeEvent, kubeevent.TypeStatus))
		}
	}
	if err := f.keep(ctx, alerts, statuses); err != nil {
		return err
	}
	f.metrics.received.Add(len(events))
	f.dump(lines)
	return nil
}

// keep commits what the events brought. What is ignored costs no commit.
func (f *Function) keep(ctx context.Context, alerts []alert.Alert, statuses []sourceStatus) error {
	if len(alerts) > 0 {
		if err := f.ledger.Put(ctx, alerts); err != nil {
			return err
		}
		f.metrics.alerts.Add(len(alerts))
	}
	for _, s := range statuses {
		if err := f.sources.observe(s); err != nil {
			return err
		}
	}
	return nil
}

// dump prints Events, one compact JSON line each.
func (f *Function) dump(lines [][]byte) {
	if len(lines) == 0 {
		return
	}
	f.dumpMu.Lock()
	defer f.dumpMu.Unlock()
	for _, line := range lines {
		dumpLine(f.dumpTo, line)
	}
}

func dumpLine(w io.Writer, data []byte) {
	var compact json.RawMessage
	if json.Unmarshal(data, &compact) != nil {
		return // was decoded before, so this cannot be
	}
	line, err := json.Marshal(compact) // compacts and keeps it one line
	if err != nil {
		return
	}
	_, _ = w.Write(append(line, '\n'))
}

package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// Handle takes CloudEvents: all of them or none. It returns nil once what
// matters of them is on disk; an error of type *refusal when they are wrong;
// any other error when they could not be kept now.
func (f *Function) Handle(ctx context.Context, events []event.Event) error {
	reports := make([]ledger.Report, 0, len(events))
	var statuses []sourceStatus
	var lines [][]byte
	for i := range events {
		ce, index := &events[i], i
		if len(events) == 1 {
			index = -1
		}
		switch ce.Type() {
		case wire.TypeEvent:
			ev, err := wire.Decode(ce)
			if err != nil {
				return badRequest(index, err)
			}
			if f.cfg.DumpEvents {
				lines = append(lines, ce.Data())
			}
			a := f.timely(alertOf(ce, ev))
			if r, ok := f.classify(a); ok {
				reports = append(reports, r)
			} else {
				f.metrics.ignored.Inc()
			}
		case wire.TypeStory:
			s, err := wire.DecodeStory(ce)
			if err != nil {
				return badRequest(index, err)
			}
			told := f.storyReports(ce, s)
			if len(told) == 0 {
				f.metrics.ignored.Inc()
			}
			reports = append(reports, told...)
		case wire.TypeStatus:
			s, err := wire.DecodeStatus(ce)
			if err != nil {
				return badRequest(index, err)
			}
			statuses = append(statuses, sourceStatus{Cluster: wire.Cluster(ce.Source()), Status: s})
		default:
			return badRequest(index, fmt.Errorf("type %q is unknown: must be %s, %s or %s", ce.Type(), wire.TypeEvent, wire.TypeStory, wire.TypeStatus))
		}
	}
	if err := f.keep(ctx, reports, statuses); err != nil {
		return err
	}
	f.metrics.received.Add(len(events))
	f.dump(lines)
	return nil
}

// keep commits what the events brought, trouble and its end together. What is
// ignored or ends nothing costs no commit.
func (f *Function) keep(ctx context.Context, reports []ledger.Report, statuses []sourceStatus) error {
	if err := f.ledger.Take(ctx, reports); err != nil {
		return err
	}
	for _, r := range reports {
		if r.Rings {
			f.metrics.alerts.Inc()
		}
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

// alertOf makes the Alert of an Event: where the contract ends and the
// function's own words begin.
func alertOf(ce *event.Event, ev *wire.Event) alert.Alert {
	for _, s := range []*string{&ev.InvolvedObject.Kind, &ev.Reason} {
		if *s == overflow {
			*s = "?"
		}
	}
	return alert.Alert{
		Revision: revision(ce, ev),
		Cluster:  wire.Cluster(ce.Source()), Component: ev.Component(), Count: ev.Count(), First: ev.FirstSeen(), Last: ev.LastSeen(),
		Namespace: ev.InvolvedObject.Namespace, Kind: ev.InvolvedObject.Kind, Name: ev.InvolvedObject.Name,
		Type: ev.Type, Reason: ev.Reason, Node: ev.Source.Host, Message: ev.Message,
		EventNamespace: ev.Metadata.Namespace, EventName: ev.Metadata.Name, EventUID: ev.Metadata.UID,
	}.Bounded()
}

// overflow is kind and reason of alert.Alert.Overflow, which no Event may claim.
const overflow = "*"

// ahead is how far a reporter's clock may be ahead of one that is known.
const ahead = 24 * time.Hour

// timely is a without times that cannot have been: they would stay the latest
// of their story for good, so that its message never changed and no good news
// were newer. Where nobody vouches for our own clock, which may be years
// behind, all times stay.
func (f *Function) timely(a alert.Alert) alert.Alert {
	now, sure := f.usage.now()
	if !sure {
		return a
	}
	for _, at := range []*time.Time{&a.First, &a.Last} {
		if at.After(now.Add(ahead)) {
			*at = time.Time{}
		}
	}
	return a
}

// revision reads an Event's resourceVersion out of the id <uid>.<resourceVersion>;
// 0 when there is none.
func revision(ce *event.Event, ev *wire.Event) uint64 {
	version, ok := strings.CutPrefix(ce.ID(), ev.Metadata.UID+".")
	if n, err := strconv.ParseUint(version, 10, 64); ok && err == nil {
		return n
	}
	return 0
}

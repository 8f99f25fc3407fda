// Package kubeevent is the CloudEvent contract in Kubernetes' own types: an Event
// as a CloudEvent and back, and the status that a source reports about itself.
// It is pure: no network, no clock, no state. The programs link only core (what
// they read of an API server) and wire (what a receiver reads), which are held
// against it; those types would be a fifth of each program.
//
// Begin with FromCore or Decode. An events.k8s.io/v1 Event goes through
// FromEventsV1 first, so that one shape travels.
package kubeevent

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// The two CloudEvent types of the contract, and how an Event was learned of.
const (
	TypeEvent   = wire.TypeEvent
	TypeStatus  = wire.TypeStatus
	OriginWatch = wire.OriginWatch
	OriginAudit = wire.OriginAudit
)

// Source is the CloudEvent source of a cluster.
func Source(cluster string) string { return wire.Source(cluster) }

// Cluster is the cluster's name in a CloudEvent source.
func Cluster(source string) string { return wire.Cluster(source) }

// FromCore makes the CloudEvent of a core/v1 Event, as core.Maker does; ev is
// not changed.
func FromCore(cluster, origin string, ev *corev1.Event) (event.Event, error) {
	return core.NewMaker(cluster, origin).Make(&core.Event{
		ObjectMeta:          ev.ObjectMeta,
		InvolvedObject:      core.ObjectReference(ev.InvolvedObject),
		Reason:              ev.Reason,
		Message:             ev.Message,
		Source:              core.EventSource(ev.Source),
		FirstTimestamp:      ev.FirstTimestamp,
		LastTimestamp:       ev.LastTimestamp,
		Count:               ev.Count,
		Type:                ev.Type,
		EventTime:           ev.EventTime,
		Series:              (*core.EventSeries)(ev.Series),
		Action:              ev.Action,
		Related:             (*core.ObjectReference)(ev.Related),
		ReportingController: ev.ReportingController,
		ReportingInstance:   ev.ReportingInstance,
	})
}

// Decode reads the whole core/v1 Event out of a CloudEvent of TypeEvent. Its
// errors name the attribute or field and what would be right.
func Decode(ce *event.Event) (*corev1.Event, error) {
	if _, err := wire.Decode(ce); err != nil {
		return nil, err
	}
	ev := new(corev1.Event)
	if err := json.Unmarshal(ce.Data(), ev); err != nil {
		return nil, fmt.Errorf("data is not a core/v1 Event: %w", err)
	}
	return ev, nil
}

// LastSeen is when the Event last happened: the first of
// series.lastObservedTime, lastTimestamp, eventTime, firstTimestamp and
// metadata.creationTimestamp that is set. Recorders of events.k8s.io leave
// lastTimestamp null, older ones leave eventTime null.
func LastSeen(ev *corev1.Event) time.Time {
	if ev.Series != nil && !ev.Series.LastObservedTime.IsZero() {
		return ev.Series.LastObservedTime.Time
	}
	return wire.FirstSet(ev.LastTimestamp.Time, ev.EventTime.Time, ev.FirstTimestamp.Time, ev.CreationTimestamp.Time)
}

// FirstSeen is when the Event first happened: the first of firstTimestamp,
// eventTime, metadata.creationTimestamp and lastTimestamp that is set.
func FirstSeen(ev *corev1.Event) time.Time {
	return wire.FirstSet(ev.FirstTimestamp.Time, ev.EventTime.Time, ev.CreationTimestamp.Time, ev.LastTimestamp.Time)
}

// Count is how often the Event has happened: series.count, else count, else 1.
// It is never below 1.
func Count(ev *corev1.Event) int64 {
	if ev.Series != nil && ev.Series.Count > 0 {
		return int64(ev.Series.Count)
	}
	return max(int64(ev.Count), 1)
}

// Component is who reported the Event: source.component, else
// reportingComponent.
func Component(ev *corev1.Event) string {
	if ev.Source.Component != "" {
		return ev.Source.Component
	}
	return ev.ReportingController
}

// Package kubeevent is the CloudEvent contract between the adapters and the
// function: a Kubernetes Event as a CloudEvent and back, and the status that a
// source reports about itself. It is pure: no network, no clock, no state.
//
// Begin with FromCore (adapters) or Decode (the function). An events.k8s.io/v1
// Event goes through FromEventsV1 first, so that one shape travels.
package kubeevent

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// The two CloudEvent types of the contract, and how an Event was learned of.
const (
	TypeEvent   = wire.TypeEvent
	TypeStatus  = wire.TypeStatus
	OriginWatch = wire.OriginWatch
	OriginAudit = wire.OriginAudit
)

const (
	extReason    = "reason"
	extEventType = "eventtype"
	extOrigin    = "origin"
)

// Source is the CloudEvent source of a cluster.
func Source(cluster string) string { return wire.Source(cluster) }

// Cluster is the cluster's name in a CloudEvent source.
func Cluster(source string) string { return wire.Cluster(source) }

// FromCore makes the CloudEvent of a core/v1 Event. The id is
// <uid>.<resourceVersion>, so the same write has the same id whichever entry
// saw it and however often it is sent. managedFields are left out: nothing
// reads them and they are half of the bytes.
func FromCore(cluster, origin string, ev *corev1.Event) (event.Event, error) {
	if ev.UID == "" || ev.ResourceVersion == "" {
		return event.Event{}, fmt.Errorf("convert Event %s/%s: metadata.uid and metadata.resourceVersion must be set", ev.Namespace, ev.Name)
	}
	out := *ev
	out.ManagedFields = nil
	out.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Event"}
	data, err := json.Marshal(&out)
	if err != nil {
		return event.Event{}, fmt.Errorf("encode Event %s/%s: %w", ev.Namespace, ev.Name, err)
	}

	ce := event.New()
	ce.SetID(string(ev.UID) + "." + ev.ResourceVersion)
	ce.SetType(TypeEvent)
	ce.SetSource(Source(cluster))
	ce.SetSubject(subject(ev.InvolvedObject))
	if seen := LastSeen(ev); !seen.IsZero() {
		ce.SetTime(seen)
	}
	// An extension with an empty value is not allowed on the wire.
	for name, value := range map[string]string{extReason: ev.Reason, extEventType: ev.Type, extOrigin: origin} {
		if value = headerSafe(value); value != "" {
			ce.SetExtension(name, value)
		}
	}
	ce.SetDataContentType(event.ApplicationJSON)
	ce.DataEncoded = data
	return ce, nil
}

// subject is <namespace>/<Kind>/<name> of the object, /Kind/name when it is
// cluster-scoped.
func subject(ref corev1.ObjectReference) string {
	return headerSafe(ref.Namespace + "/" + ref.Kind + "/" + ref.Name)
}

// headerSafe drops control characters, which the CloudEvents specification
// forbids in attribute strings.
func headerSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || (r >= 0x7f && r <= 0x9f) {
			return -1
		}
		return r
	}, s)
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

// Package kubeevent is the CloudEvent contract between the adapters and the
// function: a Kubernetes Event as a CloudEvent and back, and the status that a
// source reports about itself. It is pure: no network, no clock, no state.
//
// Begin with FromCore (adapters) or Decode (the function). An events.k8s.io/v1
// Event goes through FromEventsV1 first, so that one shape travels.
package kubeevent

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The two CloudEvent types of the contract.
const (
	// TypeEvent carries one core/v1 Event as its data.
	TypeEvent = "io.edgebell.kubernetes.event.v1"
	// TypeStatus carries a Status as its data.
	TypeStatus = "io.edgebell.source.status.v1"
)

// Values of the extension "origin": how the Event was learned of.
const (
	OriginWatch = "watch"
	OriginAudit = "audit"
)

const (
	extReason    = "reason"
	extEventType = "eventtype"
	extOrigin    = "origin"

	sourcePrefix = "/clusters/"
)

// Source is the CloudEvent source of a cluster: /clusters/<name>, a
// URI-reference, so the name is escaped where it has to be.
func Source(cluster string) string { return sourcePrefix + url.PathEscape(cluster) }

// Cluster is the cluster's name in a CloudEvent source; a source of another
// shape is a foreign sender's and stands for itself.
func Cluster(source string) string {
	escaped, ok := strings.CutPrefix(source, sourcePrefix)
	if !ok || escaped == "" {
		return source
	}
	name, err := url.PathUnescape(escaped)
	if err != nil {
		return escaped
	}
	return name
}

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

// Decode reads the core/v1 Event out of a CloudEvent of TypeEvent. Its errors
// name the attribute or field and what would be right.
func Decode(ce *event.Event) (*corev1.Event, error) {
	if ct := ce.DataMediaType(); ct != "" && !strings.EqualFold(ct, event.ApplicationJSON) {
		return nil, fmt.Errorf("datacontenttype %q: must be %s", ct, event.ApplicationJSON)
	}
	if len(ce.Data()) == 0 {
		return nil, errors.New("data is empty: must be a core/v1 Event")
	}
	var ev corev1.Event
	if err := json.Unmarshal(ce.Data(), &ev); err != nil {
		return nil, fmt.Errorf("data is not a core/v1 Event: %w", err)
	}
	if err := check(&ev); err != nil {
		return nil, err
	}
	return &ev, nil
}

// check holds what the function cannot do without.
func check(ev *corev1.Event) error {
	switch {
	case ev.APIVersion != "" && ev.APIVersion != "v1":
		return fmt.Errorf("data.apiVersion %q: must be v1 (an events.k8s.io/v1 Event is converted by its sender)", ev.APIVersion)
	case ev.Kind != "" && ev.Kind != "Event":
		return fmt.Errorf("data.kind %q: must be Event", ev.Kind)
	case ev.Name == "":
		return errors.New("data.metadata.name is empty: must be the Event's name")
	case ev.UID == "":
		return errors.New("data.metadata.uid is empty: must be the Event's uid")
	case ev.InvolvedObject.Kind == "":
		return errors.New("data.involvedObject.kind is empty: must be the kind of the object that the Event is about")
	case ev.Reason == "":
		return errors.New("data.reason is empty: must be the Event's reason")
	case ev.Type == "":
		return errors.New("data.type is empty: must be Normal or Warning")
	}
	return nil
}

// LastSeen is when the Event last happened: the first of
// series.lastObservedTime, lastTimestamp, eventTime, firstTimestamp and
// metadata.creationTimestamp that is set. Recorders of events.k8s.io leave
// lastTimestamp null, older ones leave eventTime null.
func LastSeen(ev *corev1.Event) time.Time {
	if ev.Series != nil && !ev.Series.LastObservedTime.IsZero() {
		return ev.Series.LastObservedTime.Time
	}
	return firstSet(ev.LastTimestamp.Time, ev.EventTime.Time, ev.FirstTimestamp.Time, ev.CreationTimestamp.Time)
}

// FirstSeen is when the Event first happened: the first of firstTimestamp,
// eventTime, metadata.creationTimestamp and lastTimestamp that is set.
func FirstSeen(ev *corev1.Event) time.Time {
	return firstSet(ev.FirstTimestamp.Time, ev.EventTime.Time, ev.CreationTimestamp.Time, ev.LastTimestamp.Time)
}

func firstSet(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
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

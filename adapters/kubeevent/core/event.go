// Package core is the Event of core/v1 alone: the same fields under the same
// names in Go and JSON, read from the protobuf and the JSON of an API server,
// and made into the contract's CloudEvent. k8s.io/api/core/v1 would link Pods,
// volumes and all their kin, which is a fifth of a program that reads Events.
// managedFields are passed over: nothing reads them and they are half of the
// bytes.
//
// Begin with ReadList or ReadChange, then Maker. An events.k8s.io/v1 Event goes
// through EventsV1.Core first, so that one shape travels.
package core

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// Event has the fields of an Event of core/v1 (k8s.io/api/core/v1/types.go).
type Event struct {
	metav1.TypeMeta
	metav1.ObjectMeta   `json:"metadata"`
	InvolvedObject      ObjectReference  `json:"involvedObject"`
	Reason              string           `json:"reason,omitempty"`
	Message             string           `json:"message,omitempty"`
	Source              EventSource      `json:"source"`
	FirstTimestamp      metav1.Time      `json:"firstTimestamp"`
	LastTimestamp       metav1.Time      `json:"lastTimestamp"`
	Count               int32            `json:"count,omitempty"`
	Type                string           `json:"type,omitempty"`
	EventTime           metav1.MicroTime `json:"eventTime"`
	Series              *EventSeries     `json:"series,omitempty"`
	Action              string           `json:"action,omitempty"`
	Related             *ObjectReference `json:"related,omitempty"`
	ReportingController string           `json:"reportingComponent"`
	ReportingInstance   string           `json:"reportingInstance"`
}

// EventSeries says that an Event goes on.
type EventSeries struct {
	Count            int32            `json:"count,omitempty"`
	LastObservedTime metav1.MicroTime `json:"lastObservedTime"`
}

// EventSource is who reported an Event, before events.k8s.io.
type EventSource struct {
	Component string `json:"component,omitempty"`
	Host      string `json:"host,omitempty"`
}

// ObjectReference names an object.
type ObjectReference struct {
	Kind            string    `json:"kind,omitempty"`
	Namespace       string    `json:"namespace,omitempty"`
	Name            string    `json:"name,omitempty"`
	UID             types.UID `json:"uid,omitempty"`
	APIVersion      string    `json:"apiVersion,omitempty"`
	ResourceVersion string    `json:"resourceVersion,omitempty"`
	FieldPath       string    `json:"fieldPath,omitempty"`
}

// EventList is one page of a list.
type EventList struct {
	metav1.TypeMeta
	metav1.ListMeta `json:"metadata"`
	Items           []Event `json:"items"`
}

// Types of a Change.
const (
	Added    = "ADDED"
	Modified = "MODIFIED"
	Deleted  = "DELETED"
	Bookmark = "BOOKMARK"
	Error    = "ERROR"
)

// Change is what a watch says: with Error the Status, else the Event.
type Change struct {
	Type   string
	Event  Event
	Status metav1.Status
}

// LastSeen is when the Event last happened: the first of
// series.lastObservedTime, lastTimestamp, eventTime, firstTimestamp and
// metadata.creationTimestamp that is set. Recorders of events.k8s.io leave
// lastTimestamp null, older ones leave eventTime null.
func (e *Event) LastSeen() time.Time {
	if e.Series != nil && !e.Series.LastObservedTime.IsZero() {
		return e.Series.LastObservedTime.Time
	}
	return wire.FirstSet(e.LastTimestamp.Time, e.EventTime.Time, e.FirstTimestamp.Time, e.CreationTimestamp.Time)
}

// is says what an object must be.
func is(meta metav1.TypeMeta, kind string) error {
	if meta.APIVersion == "v1" && meta.Kind == kind {
		return nil
	}
	return fmt.Errorf("got a %q of %q: must be %s of v1", meta.Kind, meta.APIVersion, kind)
}

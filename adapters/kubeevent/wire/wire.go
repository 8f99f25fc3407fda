// Package wire is what the receiver of the contract's CloudEvents needs: their
// types, what a source says about itself, and of a Kubernetes Event the fields
// that are read. It links nothing of Kubernetes, whose types alone are half a
// megabyte; the adapters' side of the contract is in kubeevent.
//
// Begin with Decode.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// The two CloudEvent types of the contract.
const (
	// TypeEvent carries one core/v1 Event as its data.
	TypeEvent = "io.edgebell.kubernetes.event.v1"
	// TypeStatus carries a Status as its data.
	TypeStatus = "io.edgebell.source.status.v1"
)

// ExtOrigin is the extension that says how the Event was learned of.
const ExtOrigin = "origin"

// Values of the extension "origin": how the Event was learned of.
const (
	OriginWatch = "watch"
	OriginAudit = "audit"
)

const sourcePrefix = "/clusters/"

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

// Event holds what is read of a core/v1 Event.
type Event struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Namespace         string    `json:"namespace"`
		Name              string    `json:"name"`
		UID               string    `json:"uid"`
		CreationTimestamp time.Time `json:"creationTimestamp"`
	} `json:"metadata"`
	InvolvedObject struct {
		Kind      string `json:"kind"`
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"involvedObject"`
	Type    string `json:"type"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Source  struct {
		Component string `json:"component"`
		Host      string `json:"host"`
	} `json:"source"`
	ReportingComponent string    `json:"reportingComponent"`
	FirstTimestamp     time.Time `json:"firstTimestamp"`
	LastTimestamp      time.Time `json:"lastTimestamp"`
	EventTime          time.Time `json:"eventTime"`
	Times              int32     `json:"count"`
	Series             *struct {
		Count            int32     `json:"count"`
		LastObservedTime time.Time `json:"lastObservedTime"`
	} `json:"series"`
}

// Decode reads the Event out of a CloudEvent of TypeEvent. Its errors name the
// attribute or field and what would be right.
func Decode(ce *event.Event) (*Event, error) {
	if ct := ce.DataMediaType(); ct != "" && !strings.EqualFold(ct, event.ApplicationJSON) {
		return nil, fmt.Errorf("datacontenttype %q: must be %s", ct, event.ApplicationJSON)
	}
	if len(ce.Data()) == 0 {
		return nil, errors.New("data is empty: must be a core/v1 Event")
	}
	ev := new(Event)
	if err := json.Unmarshal(ce.Data(), ev); err != nil {
		return nil, fmt.Errorf("data is not a core/v1 Event: %w", err)
	}
	return ev, ev.check()
}

// check holds what the function cannot do without.
func (e *Event) check() error {
	switch {
	case e.APIVersion != "" && e.APIVersion != "v1":
		return fmt.Errorf("data.apiVersion %q: must be v1 (an events.k8s.io/v1 Event is converted by its sender)", e.APIVersion)
	case e.Kind != "" && e.Kind != "Event":
		return fmt.Errorf("data.kind %q: must be Event", e.Kind)
	case e.Metadata.Name == "":
		return errors.New("data.metadata.name is empty: must be the Event's name")
	case e.Metadata.UID == "":
		return errors.New("data.metadata.uid is empty: must be the Event's uid")
	case e.InvolvedObject.Kind == "":
		return errors.New("data.involvedObject.kind is empty: must be the kind of the object that the Event is about")
	case e.Reason == "":
		return errors.New("data.reason is empty: must be the Event's reason")
	case e.Type == "":
		return errors.New("data.type is empty: must be Normal or Warning")
	}
	return nil
}

// LastSeen is when the Event last happened: the first of
// series.lastObservedTime, lastTimestamp, eventTime, firstTimestamp and
// metadata.creationTimestamp that is set. Recorders of events.k8s.io leave
// lastTimestamp null, older ones leave eventTime null.
func (e *Event) LastSeen() time.Time {
	if e.Series != nil && !e.Series.LastObservedTime.IsZero() {
		return e.Series.LastObservedTime
	}
	return FirstSet(e.LastTimestamp, e.EventTime, e.FirstTimestamp, e.Metadata.CreationTimestamp)
}

// FirstSeen is when the Event first happened: the first of firstTimestamp,
// eventTime, metadata.creationTimestamp and lastTimestamp that is set.
func (e *Event) FirstSeen() time.Time {
	return FirstSet(e.FirstTimestamp, e.EventTime, e.Metadata.CreationTimestamp, e.LastTimestamp)
}

// FirstSet is the first of times that is not zero.
func FirstSet(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// Count is how often the Event has happened: series.count, else count, else 1.
// It is never below 1.
func (e *Event) Count() int64 {
	if e.Series != nil && e.Series.Count > 0 {
		return int64(e.Series.Count)
	}
	return max(int64(e.Times), 1)
}

// Component is who reported the Event: source.component, else
// reportingComponent.
func (e *Event) Component() string {
	if e.Source.Component != "" {
		return e.Source.Component
	}
	return e.ReportingComponent
}

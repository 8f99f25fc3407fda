package core

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	cetypes "github.com/cloudevents/sdk-go/v2/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// Maker makes the CloudEvents of one cluster's Events.
type Maker struct {
	source cetypes.URIRef
	origin string
}

// NewMaker makes a Maker; origin is how the Events were learned of.
func NewMaker(cluster, origin string) *Maker {
	m := &Maker{origin: origin}
	if ref := cetypes.ParseURIRef(wire.Source(cluster)); ref != nil {
		m.source = *ref
	}
	return m
}

// Make makes the CloudEvent of an Event. The id is <uid>.<resourceVersion>, so
// the same write has the same id whichever entry saw it and however often it
// is sent. The Event's apiVersion and kind are set, and its managedFields
// dropped.
func (m *Maker) Make(ev *Event) (event.Event, error) {
	if ev.UID == "" || ev.ResourceVersion == "" {
		return event.Event{}, fmt.Errorf("convert Event %s/%s: metadata.uid and metadata.resourceVersion must be set", ev.Namespace, ev.Name)
	}
	ev.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Event"}
	ev.ManagedFields = nil
	data, err := json.Marshal(ev)
	if err != nil {
		return event.Event{}, fmt.Errorf("encode Event %s/%s: %w", ev.Namespace, ev.Name, err)
	}
	media, subject := event.ApplicationJSON, subject(ev.InvolvedObject)
	attributes := &event.EventContextV1{
		ID: string(ev.UID) + "." + ev.ResourceVersion, Type: wire.TypeEvent, Source: m.source,
		Subject: &subject, DataContentType: &media, Extensions: make(map[string]any, 3),
	}
	if seen := ev.LastSeen(); !seen.IsZero() {
		attributes.Time = &cetypes.Timestamp{Time: seen}
	}
	// An extension with an empty value is not allowed on the wire.
	for _, ext := range [...]struct{ name, value string }{{"reason", ev.Reason}, {"eventtype", ev.Type}, {wire.ExtOrigin, m.origin}} {
		if value := headerSafe(ext.value); value != "" {
			attributes.Extensions[ext.name] = value
		}
	}
	return event.Event{Context: attributes, DataEncoded: data}, nil
}

// subject is <namespace>/<Kind>/<name> of the object, /Kind/name when it is
// cluster-scoped.
func subject(ref ObjectReference) string {
	return headerSafe(ref.Namespace + "/" + ref.Kind + "/" + ref.Name)
}

// headerSafe drops control characters, which the CloudEvents specification
// forbids in attribute strings, and makes what is not UTF-8 so.
func headerSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || (r >= 0x7f && r <= 0x9f) {
			return -1
		}
		return r
	}, s)
}

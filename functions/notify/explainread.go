package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/alert"
)

// readAlerts reads what Explain takes. An Event that is not in a CloudEvent is
// the cluster's.
func readAlerts(raw []byte, cluster string) ([]alert.Alert, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	var out []alert.Alert
	for n := 1; ; n++ {
		var doc json.RawMessage
		err := dec.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF) && n > 1:
			return out, nil
		case errors.Is(err, io.EOF):
			return nil, errors.New("standard input is empty: give it an Event, such as kubectl get event NAME -o json")
		case err != nil:
			return out, fmt.Errorf("document %d is not JSON (kubectl needs -o json): %w", n, err)
		}
		alerts, err := readDocument(doc, cluster)
		out = append(out, alerts...)
		if err != nil {
			return out, fmt.Errorf("document %d: %w", n, err)
		}
	}
}

// document is what tells the forms apart.
type document struct {
	SpecVersion string            `json:"specversion"`
	APIVersion  string            `json:"apiVersion"`
	Kind        string            `json:"kind"`
	Items       []json.RawMessage `json:"items"`
}

func readDocument(raw json.RawMessage, cluster string) ([]alert.Alert, error) {
	if raw[0] == '[' {
		var batch []json.RawMessage
		if err := json.Unmarshal(raw, &batch); err != nil {
			return nil, err
		}
		return readItems(batch, cluster)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("must be an Event, a List of Events or a CloudEvent: %w", err)
	}
	switch {
	case d.SpecVersion != "":
		return readCloudEvent(raw)
	case d.Kind == "List" || d.Kind == "EventList":
		return readItems(d.Items, cluster)
	case d.Kind != "Event" && d.Kind != "":
		return nil, fmt.Errorf("kind %q: must be Event, a List of Events, or a CloudEvent (which has a specversion)", d.Kind)
	case strings.HasPrefix(d.APIVersion, "events.k8s.io/"):
		converted, err := fromEventsV1(raw)
		if err != nil {
			return nil, err
		}
		raw = converted
	}
	return readEvent(raw, cluster)
}

func readItems(items []json.RawMessage, cluster string) ([]alert.Alert, error) {
	var out []alert.Alert
	for i, item := range items {
		alerts, err := readDocument(item, cluster)
		if err != nil {
			return out, fmt.Errorf("item %d: %w", i, err)
		}
		out = append(out, alerts...)
	}
	return out, nil
}

func readCloudEvent(raw json.RawMessage) ([]alert.Alert, error) {
	ce := event.New()
	if err := json.Unmarshal(raw, &ce); err != nil {
		return nil, fmt.Errorf("is no CloudEvent: %w", err)
	}
	if ce.Type() != wire.TypeEvent {
		return nil, fmt.Errorf("type %q: must be %s, for nothing else is told", ce.Type(), wire.TypeEvent)
	}
	return decodeAlert(&ce)
}

func readEvent(raw json.RawMessage, cluster string) ([]alert.Alert, error) {
	ce := event.New()
	ce.SetID("explain")
	ce.SetType(wire.TypeEvent)
	ce.SetSource(wire.Source(cluster))
	if err := ce.SetData(event.ApplicationJSON, raw); err != nil {
		return nil, err
	}
	return decodeAlert(&ce)
}

func decodeAlert(ce *event.Event) ([]alert.Alert, error) {
	ev, err := wire.Decode(ce)
	if err != nil {
		return nil, err
	}
	return []alert.Alert{alertOf(ce, ev)}, nil
}

// fromEventsV1 renames the fields of an Event of events.k8s.io/v1, as the
// adapters do (k8s.io/kubernetes, pkg/apis/events/v1/conversion.go).
func fromEventsV1(raw json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	for from, to := range map[string]string{
		"note": "message", "regarding": "involvedObject", "reportingController": "reportingComponent", "deprecatedSource": "source",
		"deprecatedFirstTimestamp": "firstTimestamp", "deprecatedLastTimestamp": "lastTimestamp", "deprecatedCount": "count",
	} {
		if v, ok := fields[from]; ok {
			fields[to] = v
		}
	}
	fields["apiVersion"] = json.RawMessage(`"v1"`)
	return json.Marshal(fields)
}

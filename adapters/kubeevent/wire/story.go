package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// TypeStory carries a Story as its data.
const TypeStory = "io.edgebell.story.v1"

// The states of a Story.
const (
	StoryFiring    = "firing"
	StoryRecovered = "recovered"
)

// Story is what one function tells another, or whoever listens at a broker: a
// group of Events that are one trouble, and what is new of it. The CloudEvent's
// source names the cluster; its id is the same whenever the same news are sent
// again, and Count is then at least what it was.
type Story struct {
	// Fingerprint is the group's, in hex: the same for all that is told of it.
	Fingerprint string `json:"fingerprint"`
	// State is StoryFiring or StoryRecovered.
	State    string `json:"state"`
	Severity string `json:"severity,omitempty"` // critical, warning or info
	// Count is how many occurrences are new, Total how many there were.
	Count int64 `json:"count"`
	Total int64 `json:"total"`
	// First and Last are the times of the first and last occurrence, by the
	// reporters' clocks.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	// Recovered is when the last of the objects was well again.
	Recovered time.Time `json:"recovered,omitzero"`

	Type      string `json:"type"`
	Reason    string `json:"reason"`
	Namespace string `json:"namespace,omitempty"`
	Kind      string `json:"kind"`
	// Name is the newest Event's object; Objects are those touched, the latest
	// last, as far as they are known by name.
	Name    string   `json:"name"`
	Objects []string `json:"objects,omitempty"`
	// Writer is the namespace in which the Events were written.
	Writer    string `json:"writer,omitempty"`
	Component string `json:"component,omitempty"`
	Node      string `json:"node,omitempty"`
	Message   string `json:"message,omitempty"` // the newest Event's
}

// FromStory makes the CloudEvent of a Story. id must be the same for the same
// news.
func FromStory(cluster, id string, s Story) (event.Event, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return event.Event{}, fmt.Errorf("encode story: %w", err)
	}
	ce := event.New()
	ce.SetID(id)
	ce.SetType(TypeStory)
	ce.SetSource(Source(cluster))
	ce.SetSubject(s.Namespace + "/" + s.Kind + "/" + s.Name)
	if !s.Last.IsZero() {
		ce.SetTime(s.Last)
	}
	ce.SetDataContentType(event.ApplicationJSON)
	ce.DataEncoded = data
	return ce, nil
}

// DecodeStory reads a Story out of a CloudEvent of TypeStory.
func DecodeStory(ce *event.Event) (Story, error) {
	var s Story
	if err := json.Unmarshal(ce.Data(), &s); err != nil {
		return Story{}, fmt.Errorf("data is not a story: %w", err)
	}
	switch {
	case s.Fingerprint == "":
		return Story{}, errors.New("data.fingerprint is empty: must name the group")
	case s.State != StoryFiring && s.State != StoryRecovered:
		return Story{}, fmt.Errorf("data.state %q: must be %s or %s", s.State, StoryFiring, StoryRecovered)
	case s.Count < 0:
		return Story{}, fmt.Errorf("data.count %d: must be 0 or above", s.Count)
	case s.Kind == "" || s.Reason == "":
		return Story{}, errors.New("data.kind and data.reason: must both be set")
	}
	return s, nil
}

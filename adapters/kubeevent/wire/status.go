package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Status is what a source says about itself at its start, every Interval and
// on change. The function alone computes gaps from it: a source never judges.
type Status struct {
	// Boot is random per process start; a new one means that the source
	// restarted.
	Boot string `json:"boot"`
	// Sequence counts the statuses of one boot from 1.
	Sequence uint64 `json:"sequence"`
	// Origin is OriginWatch or OriginAudit.
	Origin string `json:"origin"`
	// IntervalSeconds is how often a status is due.
	IntervalSeconds int `json:"intervalSeconds"`
	// Connected says whether the source takes its input now.
	Connected bool `json:"connected"`
	// ConnectedSince is when the present state of Connected began.
	ConnectedSince time.Time `json:"connectedSince,omitzero"`
	// Complete is true once all Events that the API server held at the start
	// of this connection were acknowledged by the sink. An audit source,
	// which only hears what is written while it listens, never says so.
	Complete bool `json:"complete"`
	// SinkDownSeconds is for how long the sink has taken none of the Events that
	// wait for it; 0 when it takes them or none waits. Events that expire at the
	// API server meanwhile are lost. A duration, as the clocks of source and
	// function may differ.
	SinkDownSeconds int `json:"sinkDownSeconds,omitempty"`
	// Accepted counts the Events that the sink has taken in this boot.
	Accepted uint64 `json:"accepted"`
	// Refused counts, per reason, the Events that the sink refused for good
	// in this boot.
	Refused map[string]uint64 `json:"refused,omitempty"`
	// Dropped counts, per reason, the Events that the source could not keep
	// or read in this boot.
	Dropped map[string]uint64 `json:"dropped,omitempty"`
}

// FromStatus makes the CloudEvent of a Status. Its id is <boot>.<sequence>.
func FromStatus(cluster string, now time.Time, s Status) (event.Event, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return event.Event{}, fmt.Errorf("encode status: %w", err)
	}
	ce := event.New()
	ce.SetID(s.Boot + "." + strconv.FormatUint(s.Sequence, 10))
	ce.SetType(TypeStatus)
	ce.SetSource(Source(cluster))
	ce.SetTime(now)
	if s.Origin != "" {
		ce.SetExtension(ExtOrigin, s.Origin)
	}
	ce.SetDataContentType(event.ApplicationJSON)
	ce.DataEncoded = data
	return ce, nil
}

// DecodeStatus reads a Status out of a CloudEvent of TypeStatus.
func DecodeStatus(ce *event.Event) (Status, error) {
	var s Status
	if err := json.Unmarshal(ce.Data(), &s); err != nil {
		return Status{}, fmt.Errorf("data is not a source status: %w", err)
	}
	switch {
	case s.Boot == "":
		return Status{}, errors.New("data.boot is empty: must be the id of the source's process start")
	case s.Sequence == 0:
		return Status{}, errors.New("data.sequence is 0: must count from 1")
	case s.Origin != OriginWatch && s.Origin != OriginAudit:
		return Status{}, fmt.Errorf("data.origin %q: must be %s or %s", s.Origin, OriginWatch, OriginAudit)
	case s.IntervalSeconds <= 0:
		return Status{}, fmt.Errorf("data.intervalSeconds %d: must be above 0", s.IntervalSeconds)
	case s.SinkDownSeconds < 0:
		return Status{}, fmt.Errorf("data.sinkDownSeconds %d: must not be below 0", s.SinkDownSeconds)
	}
	return s, nil
}

package kubeevent

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// Status is what a source says about itself.
type Status = wire.Status

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
		ce.SetExtension(extOrigin, s.Origin)
	}
	ce.SetDataContentType(event.ApplicationJSON)
	ce.DataEncoded = data
	return ce, nil
}

// DecodeStatus reads a Status out of a CloudEvent of TypeStatus.
func DecodeStatus(ce *event.Event) (Status, error) { return wire.DecodeStatus(ce) }

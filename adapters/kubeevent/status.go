package kubeevent

import (
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// Status is what a source says about itself.
type Status = wire.Status

// FromStatus makes the CloudEvent of a Status. Its id is <boot>.<sequence>.
func FromStatus(cluster string, now time.Time, s Status) (event.Event, error) {
	return wire.FromStatus(cluster, now, s)
}

// DecodeStatus reads a Status out of a CloudEvent of TypeStatus.
func DecodeStatus(ce *event.Event) (Status, error) { return wire.DecodeStatus(ce) }

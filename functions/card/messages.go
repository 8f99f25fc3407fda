package card

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// Message is what goes between the envelope's brackets: MsgType interactive
// takes Payload as "card", MsgType post takes it as "content".
type Message struct {
	MsgType string
	Payload json.RawMessage
	// Size is what counts against Options.MaxBytes where a channel counts
	// something else than the bytes of the payload; 0 means these.
	Size int
}

func (m Message) size() int { return cmp.Or(m.Size, len(m.Payload)) }

// Story is one group as it is told now, over one route.
type Story struct {
	Group alert.Group
	// Related are groups that the same message tells, as a list: those of the
	// Pods on a node that went silent.
	Related []alert.Group
	Route   string
	SentAt  time.Time
	Notices Notices
}

// Digest is several groups told in one message.
type Digest struct {
	Groups []alert.Group
	Route  string
	SentAt time.Time
	// OfflineSince is when the link went down; zero when it was up. Offline
	// is how long, by the ledger's clock; zero means SentAt - OfflineSince.
	OfflineSince time.Time
	Offline      time.Duration
	Notices      Notices
}

// Part is one message of a digest and the indices of the groups it covers.
type Part struct {
	Message
	Groups []int
}

package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
)

// Channel is one way to the readers. It knows how its messages look and what
// its far side's answers mean; it keeps nothing and never retries.
type Channel interface {
	// Render makes the messages that tell o. Level 0 is the richest form; each
	// further level is simpler, for messages that the far side refused. It
	// returns ErrNoSimpler past the last one.
	Render(level int, o Outgoing) ([]Part, error)
	// Send delivers one message. Its errors are of type *SendError.
	Send(ctx context.Context, p Part) (Receipt, error)
}

// ErrNoSimpler says that a message has no simpler form.
var ErrNoSimpler = errors.New("there is no simpler form of the message")

// Outgoing is what is to be told: one story, or a digest of several, or
// notices alone.
type Outgoing struct {
	Groups []alert.Group
	// Related are stories that are told on the card of the first of Groups.
	Related []alert.Group
	// Members are the stories behind each of Groups that stands for those of
	// several clusters.
	Members map[alert.Fingerprint][]alert.Group
	Digest  bool
	Route   string
	SentAt  time.Time
	// OfflineSince is the wall time since when nothing could be sent, and
	// Offline how long that was by the ledger's clock; zero when the link was
	// up.
	OfflineSince time.Time
	Offline      time.Duration
	Notices      ledger.Notices
	// Budget says what the data budget holds back, or nil.
	Budget *card.Budget
	// Heartbeat and Test are messages of their own.
	Heartbeat *card.Heartbeat
	Test      bool
	// Ref, for an Updater, names the message that this one takes the place of.
	Ref string
}

// empty says that there is nothing to tell.
func (o Outgoing) empty() bool {
	return len(o.Groups) == 0 && o.Notices.Empty() && o.Budget == nil && o.Heartbeat == nil && !o.Test
}

// Part is one message as it goes over the wire.
type Part struct {
	MsgType string
	Payload json.RawMessage
	// Groups are the indices of the Outgoing's groups that it tells.
	Groups []int
}

// Receipt is what a delivery cost. Bytes are those on the connection.
type Receipt struct {
	BytesOut, BytesIn int64
	Took              time.Duration
	LogID             string
	// Ref names the message, for a Channel that can edit it later: at most 128
	// bytes of the far side's own. Update returns it too, changed or not.
	Ref string
}

// Updater is a Channel that can edit a message it has sent. Of such a channel a
// story that goes on or is over is edited in place, silently; a message is
// sent, which rings, when it begins and when it comes back.
type Updater interface {
	Channel
	// Update puts p in the place of the message that ref names. Its errors are
	// of type *SendError; MessageRefused (it is gone, or too old to be edited)
	// has the story told by a message of its own.
	Update(ctx context.Context, ref string, p Part) (Receipt, error)
}

// Unfolded is a Channel that is given each story for itself, because its far
// side puts together what belongs together.
type Unfolded interface {
	Channel
	Unfolded()
}

// Thrifty is an Updater whose changes cost what may run short.
type Thrifty interface {
	// EditsIn is how long changes have to wait; zero when one may be made now.
	EditsIn() time.Duration
}

// Clocked is a Channel that knows its far side's clock.
type Clocked interface {
	// Clock is how far the far side's clock is ahead of this one; sure says
	// that an answer has shown it.
	Clock() (offset time.Duration, sure bool)
}

// Outcome says what a failed Send means for the sender.
type Outcome int

// The outcomes.
const (
	// Retry: the same message may pass later, without anybody's help.
	Retry Outcome = iota
	// Ambiguous: the message was written and no answer came. It may have been
	// delivered, so it is sent again with the same id.
	Ambiguous
	// MessageRefused: this form of the message will never pass.
	MessageRefused
	// ChannelRefused: nothing will pass until somebody mends the channel.
	ChannelRefused
	// Unknown: the far side said what nobody has seen yet.
	Unknown
)

var outcomes = [...]string{"retry", "ambiguous", "message_refused", "channel_refused", "unknown"}

// String is the outcome as it stands in logs and metrics.
func (o Outcome) String() string { return outcomes[o] }

// SendError is a failed Send. Err never holds an address or a secret.
type SendError struct {
	Outcome Outcome
	// Offline says that the far side was not reached at all.
	Offline    bool
	RetryAfter time.Duration
	Err        error
}

func (e *SendError) Error() string { return fmt.Sprintf("%s: %v", e.Outcome, e.Err) }

func (e *SendError) Unwrap() error { return e.Err }

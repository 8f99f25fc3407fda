package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"time"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// stage is how far a message came.
type stage int

const (
	atDial stage = iota
	atGreeting
	atTLS
	atAuth
	atMail
	atRcpt
	atData
	atEnd // the message and its end are written
	atDone
)

var stageNames = [...]string{"connect", "greet", "secure the line", "authenticate", "name the sender", "name the recipient", "begin the message", "end the message", "quit"}

// greylisted is how long to wait after a 450 or 451 for a recipient: servers
// that do not know a sender want to see it again, some minutes later.
const greylisted = 5 * time.Minute

// Error is a failed Send. It holds no password.
type Error struct {
	Stage string
	// Code is the server's (RFC 5321, section 4.2.3), 0 when there was none.
	Code int
	Err  error // redacted
}

func (e *Error) Error() string { return fmt.Sprintf("send mail: %s: %v", e.Stage, e.Err) }

// Unwrap gives the redacted cause.
func (e *Error) Unwrap() error { return e.Err }

func codeOf(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

// failed says what an error means for the sender: RFC 5321 (4.2.1) has 4yz for
// what may pass later and 5yz for what will not, and what "it" is depends on
// how far the message came.
func failed(at stage, err error, redact func(string) string) *notify.SendError {
	code := codeOf(err)
	out := &notify.SendError{Err: &Error{stageNames[at], code, wire.Safe(err, redact)}}
	switch {
	case errors.Is(err, errNoTLS), errors.Is(err, errNoAuth):
		out.Outcome = notify.ChannelRefused
	case code == 0 && at == atEnd:
		out.Outcome = notify.Ambiguous
	case code == 0:
		out.Outcome, out.Offline = notify.Retry, offline(err)
	case code < 500:
		out.Outcome = notify.Retry
		if at == atRcpt {
			out.RetryAfter = greylisted
		}
	default:
		out.Outcome = refusal(at, code)
	}
	return out
}

// refusal is what a 5yz means. One that nobody foresaw for a message is
// Unknown, so that a whim of the server's does not cost a story.
func refusal(at stage, code int) notify.Outcome {
	tooLarge, rejected := code == 552, code == 554
	switch {
	case at < atMail, at == atRcpt:
		return notify.ChannelRefused
	case at == atMail && tooLarge: // by the SIZE of RFC 1870
		return notify.MessageRefused
	case at == atMail:
		return notify.ChannelRefused
	case tooLarge || rejected:
		return notify.MessageRefused
	}
	return notify.Unknown
}

// offline tells a dead line from a server that answers nonsense.
func offline(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

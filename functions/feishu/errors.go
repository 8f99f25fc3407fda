package feishu

import (
	"fmt"
	"strings"
	"time"
)

// Class says what a failed Send means for the next step.
type Class int

const (
	// Unknown: the bot gave a code this package has never heard of. Try again
	// slowly, three times, and then treat it as PermanentMessage.
	Unknown Class = iota
	// Retry: the same message, signed anew, may pass later without a human.
	Retry
	// PermanentMessage: this message never passes; send it in a simpler form.
	PermanentMessage
	// PermanentChannel: no message passes until somebody mends the bot, the
	// address, the secret or the clock. Keep everything and probe slowly.
	PermanentChannel
	// Ambiguous: the request was written and no readable answer came, so the
	// message may stand in the group. Send it again with the same id.
	Ambiguous
)

var classNames = [...]string{"unknown", "retry", "permanent_message", "permanent_channel", "ambiguous"}

// String gives the name used in logs and metric labels.
func (c Class) String() string {
	if c < 0 || int(c) >= len(classNames) {
		return "invalid"
	}
	return classNames[c]
}

// Error is every failure of Send. Neither it nor what it wraps holds the
// webhook's address, its token or the secret.
type Error struct {
	Class Class
	// Code is the bot's code, 0 when there was none.
	Code int
	// HTTPStatus is 0 when no answer came.
	HTTPStatus int
	// Msg is the bot's own word, or what was wrong with the answer; bounded.
	Msg string
	// RetryAfter is the least time to wait, 0 when the bot named none.
	RetryAfter time.Duration
	// Written: the whole request had left for the network.
	Written bool
	// LogID is what Feishu's support asks for.
	LogID string
	// Err is the cause when it was not the bot's answer.
	Err error
}

// Error reads as the end of a chain: "send message: code 19024: Key Words Not Found".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("send message")
	if e.HTTPStatus != 0 && e.HTTPStatus != 200 {
		fmt.Fprintf(&b, ": HTTP %d", e.HTTPStatus)
	}
	if e.Code != 0 {
		fmt.Fprintf(&b, ": code %d", e.Code)
	}
	if e.Msg != "" {
		b.WriteString(": " + e.Msg)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.LogID != "" {
		b.WriteString(" (log id " + e.LogID + ")")
	}
	return b.String()
}

// Unwrap gives the redacted cause.
func (e *Error) Unwrap() error { return e.Err }

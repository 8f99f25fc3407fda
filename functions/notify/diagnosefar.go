package notify

import (
	"cmp"
	"context"
	"errors"
)

// kindOf is the key of diagnoses for a channel of which no more is known than
// what its Send has said.
func kindOf(level int, err error) string {
	var se *SendError
	switch {
	case err == nil && level > 0:
		return "delivered_simpler"
	case err == nil:
		return "delivered"
	case !errors.As(err, &se):
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return "given_up"
		}
		return "unknown"
	case se.Offline:
		return unreached(se.Err, se.Outcome == Ambiguous, se.Outcome == ChannelRefused)
	case se.Outcome == ChannelRefused:
		return "refused"
	case se.Outcome == MessageRefused:
		return "message"
	case se.Outcome == Ambiguous:
		return "lost"
	case se.Outcome == Retry && se.RetryAfter > 0:
		return "limited"
	case se.Outcome == Retry:
		return "busy"
	}
	return "unknown"
}

// far names the far side in a sentence.
func (r *Route) far() string {
	switch {
	case r.Kind != ChannelFeishu:
		return cmp.Or(r.Target, r.Kind)
	case r.Card.Language == "en":
		return "Feishu"
	}
	return "飞书"
}

// Variable is the name of one of the route's variables. The default route's of
// Feishu are older than routes.
func (r *Route) Variable(name string) string {
	prefix := cmp.Or(r.Prefix, "FEISHU_")
	if prefix == "FEISHU_" && name == "URL" {
		name = "WEBHOOK_URL"
	}
	return prefix + name
}

package notify

import (
	"context"
	"errors"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/ledger"
)

// codeKeyword is Feishu's answer to a message without the bot's keyword.
const codeKeyword = 19024

// feishuChannel tells through a Feishu custom bot.
type feishuChannel struct {
	cards  *card.Renderer
	client *feishu.Client
	dates  *Dates
}

// NewFeishu makes the Channel of a Feishu or Lark custom bot. dates learns what
// time it is from its answers; it may be nil.
func NewFeishu(cards *card.Renderer, client *feishu.Client, dates *Dates) Channel {
	return &feishuChannel{cards, client, dates}
}

func (c *feishuChannel) Render(level int, o Outgoing) ([]Part, error) {
	return RenderCards(c.cards, level, o)
}

// RenderCards makes the messages of every channel whose renderer r is; level
// counts in r.Forms.
func RenderCards(r *card.Renderer, level int, o Outgoing) ([]Part, error) {
	forms := r.Forms()
	if forms[0] == card.Custom && (o.Digest || len(o.Groups) == 0) {
		forms = forms[1:] // the operator's own card is for single stories
	}
	if level >= len(forms) {
		return nil, ErrNoSimpler
	}
	schema, notices := forms[level], cardNotices(o.Notices)
	notices.Budget = o.Budget
	switch {
	case o.Test:
		return onePart(r.Test(schema, card.Test{SentAt: o.SentAt}))
	case o.Heartbeat != nil:
		return onePart(r.Heartbeat(schema, *o.Heartbeat))
	case o.Digest:
		parts, err := r.Digest(schema, card.Digest{
			Groups: o.Groups, Route: o.Route, SentAt: o.SentAt,
			OfflineSince: o.OfflineSince, Offline: o.Offline, Notices: notices,
		})
		if err != nil {
			return nil, err
		}
		out := make([]Part, len(parts))
		for i, p := range parts {
			out[i] = Part{MsgType: p.MsgType, Payload: p.Payload, Groups: p.Groups}
		}
		return out, nil
	case len(o.Groups) == 0:
		return onePart(r.Notice(schema, notices))
	}
	return onePart(r.Single(schema, card.Story{
		Group: o.Groups[0], Related: o.Related, Route: o.Route, SentAt: o.SentAt, Notices: notices,
	}))
}

func onePart(m card.Message, err error) ([]Part, error) {
	if err != nil {
		return nil, err
	}
	return []Part{{MsgType: m.MsgType, Payload: m.Payload, Groups: []int{0}}}, nil
}

func cardNotices(n ledger.Notices) card.Notices {
	out := card.Notices{Dropped: n.Dropped, MoreGaps: n.MoreGaps}
	for _, g := range n.Gaps {
		out.Gaps = append(out.Gaps, card.Gap{From: g.From, To: g.To, Why: g.Why})
	}
	return out
}

// Clock implements Clocked: the bot's answers carry a Date.
func (c *feishuChannel) Clock() (time.Duration, bool) {
	_, sure := c.client.LastDate()
	return c.client.Offset(), sure
}

// Send maps Feishu's answers to outcomes.
func (c *feishuChannel) Send(ctx context.Context, p Part) (Receipt, error) {
	r, err := c.client.Send(ctx, feishu.Message{MsgType: p.MsgType, Payload: p.Payload})
	receipt := Receipt{BytesOut: r.BytesOut, BytesIn: r.BytesIn, Took: r.Duration, LogID: r.LogID}
	if r.WireOut > 0 { // counted on the connection, its handshake included
		receipt.BytesOut, receipt.BytesIn = r.WireOut, r.WireIn
	}
	if c.dates != nil && !r.Date.IsZero() {
		c.dates.Learn(r.Date)
	}
	if err == nil {
		return receipt, nil
	}
	var fe *feishu.Error
	if !errors.As(err, &fe) {
		return receipt, &SendError{Outcome: Retry, Err: err}
	}
	if fe.HTTPStatus == 0 && !fe.Written && r.WireOut == 0 {
		receipt.BytesOut, receipt.BytesIn = 0, 0 // it never left
	}
	out := &SendError{Err: err, RetryAfter: fe.RetryAfter, Offline: fe.HTTPStatus == 0}
	switch fe.Class {
	case feishu.Ambiguous:
		out.Outcome = Ambiguous
	case feishu.PermanentMessage:
		out.Outcome = MessageRefused
		// Every card carries FEISHU_KEYWORD, so a missing keyword is the
		// channel's setting and not this card's fault: nothing may be dropped.
		if fe.Code == codeKeyword {
			out.Outcome = ChannelRefused
		}
	case feishu.PermanentChannel:
		out.Outcome = ChannelRefused
	case feishu.Unknown:
		out.Outcome = Unknown
	default:
		out.Outcome = Retry
	}
	return receipt, out
}

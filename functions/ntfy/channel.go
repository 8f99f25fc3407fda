package ntfy

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

type channel struct {
	*webhook.Poster
	server, topic string
	header        http.Header
	cards         *card.Renderer
}

// New makes the Channel of one topic. The config must be valid.
func New(cfg Config, cards card.Config, o webhook.Options) (notify.Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	server, topic, err := cfg.split()
	if err != nil {
		return nil, err
	}
	r, err := o.Cards(cards, maxMessage, "", rich, plain)
	if err != nil {
		return nil, err
	}
	token := strings.TrimSpace(cfg.Token)
	c := &channel{Poster: webhook.NewPoster(o, token, topic), server: server, topic: topic, cards: r, header: http.Header{}}
	if token != "" {
		c.header.Set("Authorization", "Bearer "+token)
	}
	return c, nil
}

func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	return notify.RenderCards(c.cards, level, o)
}

// Send counts as delivered only a message that the server gave back with an id.
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	// The topic needs no escapes, and a payload has fields of its own.
	body := append([]byte(`{"topic":"`+c.topic+`",`), strings.TrimPrefix(string(p.Payload), "{")...)
	answer, receipt, broken := c.Post(ctx, wire.Request{URL: c.server, Header: c.header, Body: body})
	if broken != nil {
		return receipt, broken
	}
	id, fail := c.judge(answer)
	if fail != nil {
		return receipt, fail
	}
	receipt.LogID = wire.Clean(id, 32)
	return receipt, nil
}

// rule is a line of the server's own error table, server/errors.go of
// https://github.com/binwiederhier/ntfy. Codes that no message of ours can bring
// (accounts, calls, payments) are left to their HTTP status.
type rule struct {
	outcome notify.Outcome
	after   time.Duration
	mean    string
}

const (
	codeTopicInvalid    = 40009
	codeTopicDisallowed = 40010
)

var rules = map[int]rule{
	40007:               {notify.MessageRefused, 0, ""}, // priority
	codeTopicInvalid:    {notify.ChannelRefused, 0, "the topic's name is wrong"},
	codeTopicDisallowed: {notify.ChannelRefused, 0, "the topic's name is not for use"},
	40011:               {notify.MessageRefused, 0, ""}, // not UTF-8
	40014:               {notify.MessageRefused, 0, "the message is too long for the server"},
	40017:               {notify.MessageRefused, 0, ""},
	40018:               {notify.MessageRefused, 0, ""}, // actions
	40024:               {notify.MessageRefused, 0, ""},
	40101:               {notify.ChannelRefused, 0, "the token is wrong"},
	40301:               {notify.ChannelRefused, 0, "the token may not write to the topic, or the topic wants one"},
	40401:               {notify.ChannelRefused, 0, "this is no ntfy server"},
	41301:               {notify.MessageRefused, 0, "the message is too long for the server"},
	41303:               {notify.MessageRefused, 0, ""},
	42901:               {notify.Retry, 5 * time.Second, ""}, // one more every 5 s
	42905:               {notify.Retry, time.Hour, "the day's bandwidth is used up"},
	42908:               {notify.Retry, time.Hour, "the day's messages are used up"},
	42909:               {notify.Retry, time.Minute, "too many failed logins from here"},
	50701:               {notify.Retry, time.Minute, "nobody has subscribed to the topic"},
}

// judge reads an answer; nil means delivered.
func (c *channel) judge(a wire.Answer) (id string, _ *notify.SendError) {
	var said struct {
		ID, Event string
		Code      int
		Error     string
	}
	readable := json.Unmarshal(a.Body, &said) == nil
	rule, known := rules[said.Code]
	switch {
	case a.Status == http.StatusOK && readable && said.ID != "" && said.Event == "message":
		return said.ID, nil
	case a.Status >= 200 && a.Status < 300 && strings.HasPrefix(strings.TrimSpace(string(a.Body)), "<"):
		return "", c.Fail(a, notify.Retry, "answer is a web page, not ntfy's (a captive portal?)")
	case a.Status >= 200 && a.Status < 300:
		return "", c.Fail(a, notify.Ambiguous, "answer has no message id")
	case known:
		text := said.Error
		if rule.mean != "" {
			text += ": " + rule.mean
		}
		fail := c.Fail(a, rule.outcome, text)
		fail.RetryAfter = max(fail.RetryAfter, rule.after)
		return "", fail
	}
	if said.Code == 0 {
		return "", c.FailForeign(a)
	}
	return "", c.FailByStatus(a)
}

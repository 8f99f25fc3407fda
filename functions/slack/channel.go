package slack

import (
	"context"
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
	url   string
	cards *card.Renderer
}

// New makes the Channel of one incoming webhook. The config must be valid.
func New(cfg Config, cards card.Config, o webhook.Options) (notify.Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	r, err := o.Cards(cards, maxBytes, "", blockKit, plain)
	if err != nil {
		return nil, err
	}
	at := strings.TrimSpace(cfg.URL)
	return &channel{webhook.NewPoster(o, webhook.SecretsOf(at)...), at, r}, nil
}

func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	return notify.RenderCards(c.cards, level, o)
}

// Send counts as delivered only the answer "ok".
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	answer, receipt, broken := c.Post(ctx, wire.Request{URL: c.url, Body: p.Payload})
	if broken != nil {
		return receipt, broken
	}
	if fail := c.judge(answer); fail != nil {
		return receipt, fail
	}
	return receipt, nil
}

// codes are the bodies of Slack's answers, from its changelog
// (https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks)
// and https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
// "Handling errors".
var codes = map[string]struct {
	outcome notify.Outcome
	after   time.Duration
	mean    string
}{
	"invalid_payload":                         {notify.MessageRefused, 0, ""},
	"invalid_blocks":                          {notify.MessageRefused, 0, ""},
	"invalid_blocks_format":                   {notify.MessageRefused, 0, ""},
	"invalid_attachments":                     {notify.MessageRefused, 0, ""},
	"too_many_attachments":                    {notify.MessageRefused, 0, ""},
	"msg_too_long":                            {notify.MessageRefused, 0, ""},
	"msg_blocks_too_long":                     {notify.MessageRefused, 0, ""},
	"no_text":                                 {notify.MessageRefused, 0, ""},
	"missing_text_or_fallback_or_attachments": {notify.MessageRefused, 0, ""},

	"action_prohibited":                 {notify.ChannelRefused, 0, "an admin restricts posting here"},
	"posting_to_general_channel_denied": {notify.ChannelRefused, 0, "an admin restricts posting to #general"},
	"user_not_found":                    {notify.ChannelRefused, 0, "the user whom the webhook writes to is gone"},
	"channel_not_found":                 {notify.ChannelRefused, 0, "the channel is gone"},
	"channel_is_archived":               {notify.ChannelRefused, 0, "the channel is archived"},
	"invalid_token":                     {notify.ChannelRefused, 0, "the address is wrong or expired"},
	"invalid_auth":                      {notify.ChannelRefused, 0, "the address is wrong or expired"},
	"no_service":                        {notify.ChannelRefused, 0, "the webhook was removed or disabled"},
	"no_service_id":                     {notify.ChannelRefused, 0, "the address is wrong"},
	"no_active_hooks":                   {notify.ChannelRefused, 0, "the webhook is disabled"},
	"no_team":                           {notify.ChannelRefused, 0, "the workspace is gone"},
	"team_disabled":                     {notify.ChannelRefused, 0, "the workspace is disabled"},

	"rollup_error":           {notify.Retry, 5 * time.Second, "Slack's own trouble"},
	"internal_error":         {notify.Retry, 5 * time.Second, "Slack's own trouble"},
	"fatal_error":            {notify.Retry, 5 * time.Second, "Slack's own trouble"},
	"rate_limited":           {notify.Retry, time.Second, ""},
	"ratelimited":            {notify.Retry, time.Second, ""},
	"message_limit_exceeded": {notify.Retry, 10 * time.Minute, "the workspace's limit of messages"},
}

// judge reads an answer; nil means delivered.
func (c *channel) judge(a wire.Answer) *notify.SendError {
	body := strings.TrimSpace(string(a.Body))
	code, known := codes[body]
	switch {
	case a.Status == http.StatusOK && body == "ok":
		return nil
	case known:
		said := body
		if code.mean != "" {
			said += ": " + code.mean
		}
		fail := c.Fail(a, code.outcome, said)
		fail.RetryAfter = max(fail.RetryAfter, code.after)
		return fail
	case a.Status >= 200 && a.Status < 300 && strings.HasPrefix(body, "<"):
		return c.Fail(a, notify.Retry, "answer is a web page, not Slack's (a captive portal?)")
	case a.Status >= 200 && a.Status < 300:
		return c.Fail(a, notify.Ambiguous, "answer is not ok: "+body)
	}
	if webhook.IsPage(a) {
		return c.FailForeign(a)
	}
	return c.FailByStatus(a)
}

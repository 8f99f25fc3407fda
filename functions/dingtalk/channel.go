package dingtalk

import (
	"context"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot"
	"github.com/edgebell/edgebell/functions/webhook"
)

// maxSkew is what is left uncorrected when the robot refuses a signature: with
// less than this the secret is wrong, not the clock. The robot takes no
// signature that is more than an hour off.
const maxSkew = 5 * time.Minute

// channel tells through one robot. It does not limit the rate and does not
// retry, apart from one corrected clock.
type channel struct {
	*robot.Client
	cards  *card.Renderer
	url    string
	secret string
}

// New makes the Channel of one robot. It does no I/O.
func New(cfg Config, cards card.Config, o webhook.Options) (notify.Channel, error) {
	cfg = cfg.trimmed()
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	address, err := cfg.address("")
	if err != nil {
		return nil, err
	}
	r, err := o.Cards(cards, maxBody, cfg.Keyword, Forms(cfg.Keyword)...)
	if err != nil {
		return nil, err
	}
	return &channel{robot.New(codes, o, address.Credential, cfg.Secret), r, address.URL, cfg.Secret}, nil
}

// Render makes the messages that tell o.
func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	return notify.RenderCards(c.cards, level, o)
}

// Send signs the message now and posts it. A refused signature does not always
// say its cause. If the answer's Date showed that the clock was off, Send signs
// with the right time and tries once more; if not, trying again would not help.
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	before, _ := c.Clock()
	receipt, code, err := c.Post(ctx, c.signed(), p.Payload)
	if after, sure := c.Clock(); code == codeSecurity && c.secret != "" && sure && (after-before).Abs() > maxSkew {
		var again notify.Receipt
		again, _, err = c.Post(ctx, c.signed(), p.Payload)
		receipt.BytesOut += again.BytesOut
		receipt.BytesIn += again.BytesIn
		receipt.Took += again.Took
	}
	if err != nil {
		return receipt, err
	}
	return receipt, nil
}

// signed is the address with a signature of now.
func (c *channel) signed() string {
	if c.secret == "" {
		return c.url
	}
	timestamp, sign := Sign(c.Now(), c.secret)
	return c.url + "&timestamp=" + timestamp + "&sign=" + sign
}

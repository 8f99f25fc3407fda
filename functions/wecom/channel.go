package wecom

import (
	"context"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot"
	"github.com/edgebell/edgebell/functions/webhook"
)

// channel tells through one robot. It does not limit the rate and does not
// retry.
type channel struct {
	*robot.Client
	levels []*card.Renderer // one for each form, because each has its own bound
	url    string
}

// New makes the Channel of one robot. It does no I/O.
func New(cfg Config, cards card.Config, o webhook.Options) (notify.Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	address, err := cfg.address("")
	if err != nil {
		return nil, err
	}
	rich, err := o.Cards(cards, MaxMarkdown, "", Markdown)
	if err != nil {
		return nil, err
	}
	plain, err := o.Cards(cards, MaxText, "", Text)
	if err != nil {
		return nil, err
	}
	return &channel{robot.New(codes, o, address.Credential), []*card.Renderer{rich, plain}, address.URL}, nil
}

// Render makes the messages that tell o.
func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	if level >= len(c.levels) {
		return nil, notify.ErrNoSimpler
	}
	return notify.RenderCards(c.levels[level], 0, o)
}

// Send posts one message.
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	receipt, _, err := c.Post(ctx, c.url, p.Payload)
	if err != nil {
		return receipt, err
	}
	return receipt, nil
}

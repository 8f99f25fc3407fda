//go:build shoutrrr

package longtail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/matrix"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	// sendTimeout ends the wait for shoutrrr, which takes no context; most of its
	// services give up after 10 to 30 seconds.
	sendTimeout = 60 * time.Second
	// httpTimeout is for the services that use Go's default client, which waits
	// without end.
	httpTimeout = 30 * time.Second
	// Shoutrrr counts no bytes. These are of a short HTTP exchange, a TLS
	// handshake included.
	overheadOut, overheadIn = 1500, 5000
)

// sender is what of a service of shoutrrr is used.
type sender interface {
	Send(message string, params *types.Params) error
}

type channel struct {
	cards  *card.Renderer
	redact func(string) string
	// locate makes the service; Matrix logs in.
	locate func() (sender, error)
	// fresh has the service made again after an error, for a login may have
	// run out.
	fresh bool
	// busy is held while shoutrrr sends, also when nobody waits for it any more:
	// its services keep state without a lock. It guards service.
	busy    chan struct{}
	service sender
}

// New makes the Channel of one service. The config must be valid.
//
// It sets bounds to http.DefaultClient, which some services use: a time-out, and
// no redirects, which would turn a message into a GET of a captive portal's page
// and look like success.
func New(cfg Config, cards card.Config, o webhook.Options) (notify.Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	cfg = cfg.trimmed()
	service := cfg.Host()
	r, err := o.Cards(cards, cfg.MaxBytes, "", forms(service)...)
	if err != nil {
		return nil, err
	}
	boundDefaultClient()
	locate := func() (sender, error) { return new(router.ServiceRouter).Locate(cfg.URL) }
	return &channel{
		cards: r, redact: redactor(cfg.URL), locate: locate, fresh: service == matrix.Scheme, busy: make(chan struct{}, 1),
	}, nil
}

var boundDefaultClient = sync.OnceFunc(func() {
	http.DefaultClient.Timeout = httpTimeout
	http.DefaultClient.CheckRedirect = func(*http.Request, []*http.Request) error {
		return errors.New("redirected, which is not followed (is this a captive portal?)")
	}
})

func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	return notify.RenderCards(c.cards, level, o)
}

var errBusy = errors.New("send message: the one before is still under way")

// Send sends one message. When ctx ends before shoutrrr does, what shoutrrr began
// goes on, and no other message is begun until it ends.
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	var text string
	if err := json.Unmarshal(p.Payload, &text); err != nil {
		return notify.Receipt{}, &notify.SendError{Outcome: notify.MessageRefused, Err: fmt.Errorf("read message: %w", err)}
	}
	select {
	case c.busy <- struct{}{}:
	default:
		return notify.Receipt{}, &notify.SendError{Outcome: notify.Retry, Err: errBusy}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	began, done := time.Now(), make(chan error, 1)
	go func() {
		err := safely(func() error { return c.pass(text) })
		<-c.busy
		done <- err
	}()
	receipt := notify.Receipt{BytesOut: int64(len(p.Payload)) + overheadOut}
	select {
	case err := <-done:
		receipt.BytesIn, receipt.Took = overheadIn, time.Since(began)
		if err != nil {
			return receipt, c.fail(err)
		}
		return receipt, nil
	case <-ctx.Done():
		receipt.Took = time.Since(began)
		return receipt, &notify.SendError{Outcome: notify.Ambiguous, Offline: true, Err: fmt.Errorf("send message: no answer: %w", ctx.Err())}
	}
}

// pass is called by one goroutine at a time.
func (c *channel) pass(text string) error {
	if c.service == nil {
		service, err := c.locate()
		if err != nil {
			return err
		}
		c.service = service
	}
	err := c.service.Send(text, &types.Params{})
	if err != nil && c.fresh {
		c.service = nil
	}
	return err
}

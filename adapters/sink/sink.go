// Package sink posts CloudEvents to K_SINK, in batches, and says nothing until
// the receiver holds them. An outage is waited for, however long; an answer
// that refuses an event splits the batch until the bad event stands alone,
// which is then dropped, counted and logged. It follows no redirects and keeps
// nothing on disk: the caller has custody until Deliver or Post returns nil.
//
// Begin with New, then Deliver.
package sink

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 30 * time.Second

	firstWait     = 250 * time.Millisecond
	longestWait   = 10 * time.Second
	maxRetryAfter = time.Minute
)

// Client posts to one sink. It is safe for concurrent use.
type Client struct {
	cfg       Config
	log       *slog.Logger
	http      http.Client
	uncounted map[string]bool
	hide      func(string) string

	bodies sync.Pool
	// What was learned of this receiver: the size that it takes, and whether
	// it takes batches at all.
	maxBytes  atomic.Int64
	noBatches atomic.Bool

	state state
}

// Option changes how a Client is built.
type Option func(*Client)

// WithLogger sets where outages, recoveries and drops are said.
func WithLogger(log *slog.Logger) Option { return func(c *Client) { c.log = log } }

// WithTransport replaces the way to the network.
func WithTransport(rt http.RoundTripper) Option { return func(c *Client) { c.http.Transport = rt } }

// WithUncounted leaves events of a CloudEvent type out of Accepted and
// Refused: what a source says about itself is not what it carries.
func WithUncounted(ceType string) Option { return func(c *Client) { c.uncounted[ceType] = true } }

// New makes a Client; nothing is sent yet.
func New(cfg Config, opts ...Option) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, log: slog.Default(), uncounted: map[string]bool{}, hide: hider(cfg)}
	c.http.Transport = newTransport()
	// A redirect is an answer for whoever set K_SINK, not a way to follow: the
	// token must not go to another host, and a POST would become a GET.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.maxBytes.Store(maxBatchBytes)
	c.bodies.New = func() any { return new(body) }
	for _, opt := range opts {
		opt(c)
	}
	return c, nil
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost:   2,
		IdleConnTimeout:       90 * time.Second,
		ReadBufferSize:        4 << 10,
		WriteBufferSize:       16 << 10,
	}
}

// Deliver returns nil when every event was accepted or refused for good. It
// waits through outages; only ctx ends it.
func (c *Client) Deliver(ctx context.Context, events []event.Event) error {
	waits := false
	for tries := 0; ; tries++ {
		n, outage := c.round(ctx, events)
		if outage == nil {
			return nil
		}
		if events = events[n:]; n > 0 {
			tries = 0
		}
		if !waits {
			waits = true
			c.state.wait(1)
			defer c.state.wait(-1)
		}
		wait := backoff(tries, outage.RetryAfter)
		c.state.willTry(time.Now().Add(wait))
		if !sleep(ctx, wait) {
			return fmt.Errorf("deliver %d events: %w", len(events), ctx.Err())
		}
	}
}

// Post makes one attempt: nil says that every event was accepted or refused for
// good, any error is an *Outage. After an outage the caller still owns all of
// the events, though some may have been accepted.
func (c *Client) Post(ctx context.Context, events []event.Event) error {
	if _, outage := c.round(ctx, events); outage != nil {
		return outage
	}
	return nil
}

// backoff doubles from firstWait to longestWait, with jitter below, and is at
// least what the receiver asked for.
func backoff(tries int, asked time.Duration) time.Duration {
	wait := longestWait
	if tries < 6 {
		wait = min(firstWait<<tries, longestWait)
	}
	wait = wait/2 + rand.N(wait/2)
	return max(wait, min(asked, maxRetryAfter))
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}

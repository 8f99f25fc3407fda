package feishu

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// Client sends to one bot. It is safe for use by several goroutines; it does
// not limit the rate and does not retry, apart from one corrected clock.
type Client struct {
	cfg   Config
	host  string
	token string
	wire  *wire.Client
	log   *slog.Logger
	hide  func(string) string // what redact takes from all channels
}

// maxSkew is what is left uncorrected when the bot refuses a signature: with
// less than this the secret is wrong, not the clock. The bot takes no signature
// that is more than an hour off.
const maxSkew = 5 * time.Minute

// New validates the config and makes a client. It does no I/O.
func New(cfg Config, opts ...Option) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("read feishu config: %w", err)
	}
	o := options{log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(&o)
	}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("read feishu config: FEISHU_WEBHOOK_URL: is not a URL")
	}
	c := &Client{cfg: cfg, host: u.Host, token: strings.TrimPrefix(u.Path, hookPath), log: o.log, hide: wire.Redactor(cfg.Secret)}
	o.wire.Redact = c.redact
	c.wire = wire.New(o.wire)
	return c, nil
}

// Receipt says what one Send cost. It is filled as far as possible on errors
// too.
type Receipt struct {
	// BytesOut and BytesIn are the HTTP message as written in HTTP/1.1:
	// headers, some of them estimated, and body.
	BytesOut, BytesIn int64
	// WireOut and WireIn are what really passed above TCP, TLS and its
	// handshake included; 0 when a foreign transport is used.
	WireOut, WireIn int64
	Duration        time.Duration
	LogID           string
	// Date is the answer's Date header, zero when missing or not to be trusted.
	Date time.Time

	signedAt time.Time
}

func (r *Receipt) add(more Receipt) {
	r.BytesOut += more.BytesOut
	r.BytesIn += more.BytesIn
	r.WireOut += more.WireOut
	r.WireIn += more.WireIn
	r.Duration += more.Duration
	r.LogID, r.Date, r.signedAt = more.LogID, more.Date, more.signedAt
}

// Send signs the message now and posts it. A nil error means that the bot
// answered code 0; every other outcome is an *Error.
//
// A refused signature (19021) says nothing about its cause. If the answer's
// Date shows that the clock was off, Send signs with the right time and tries
// once more; if not, the secret is wrong and trying again would not help.
func (c *Client) Send(ctx context.Context, m Message) (Receipt, error) {
	receipt, err := c.attempt(ctx, m)
	if err == nil {
		return receipt, nil
	}
	if !c.clockWasOff(receipt, err) {
		return receipt, err
	}
	c.log.WarnContext(ctx, "clock corrected by the bot's Date", "offset", c.Offset().Round(time.Second).String())
	again, err := c.attempt(ctx, m)
	receipt.add(again)
	if err != nil {
		return receipt, err
	}
	return receipt, nil
}

func (c *Client) clockWasOff(r Receipt, err *Error) bool {
	if err.Code != codeSignature || c.cfg.Secret == "" || r.Date.IsZero() {
		return false
	}
	return r.Date.Sub(r.signedAt).Abs() > maxSkew
}

// attempt is one request and its answer. It returns *Error, not error, so that
// Send can look inside; nil is compared before it becomes an interface.
func (c *Client) attempt(ctx context.Context, m Message) (Receipt, *Error) {
	receipt := Receipt{signedAt: c.wire.Now()}
	body, err := c.encode(m, receipt.signedAt)
	if err != nil {
		return receipt, &Error{Class: PermanentMessage, Err: err}
	}
	answer, cost, broken := c.wire.Post(ctx, wire.Request{URL: c.cfg.URL, Body: body})
	receipt.fill(cost)
	receipt.LogID = c.redact(wire.Clean(answer.Header.Get("X-Tt-Logid"), maxLogID))
	if broken != nil {
		e := unanswered(broken)
		e.LogID = receipt.LogID
		return receipt, e
	}
	e := judge(answer.Status, answer.Header, answer.Body, c.wire.Now())
	if e != nil {
		e.Msg, e.LogID = wire.Clean(c.redact(e.Msg), maxMsg), receipt.LogID
	}
	return receipt, e
}

func (r *Receipt) fill(w wire.Receipt) {
	r.BytesOut, r.BytesIn, r.WireOut, r.WireIn = w.BytesOut, w.BytesIn, w.WireOut, w.WireIn
	r.Duration, r.Date = w.Duration, w.Date
}

// unanswered is for requests without a whole answer. A status of its own kind
// (502, 302) tells enough even if the page behind it broke off.
func unanswered(f *wire.Failure) *Error {
	e := &Error{HTTPStatus: f.Status, Written: f.Written, Err: f.Err}
	switch {
	case f.Status >= 300:
		e.Class = classifyStatus(f.Status)
	case f.Written:
		e.Class = Ambiguous
	default:
		e.Class = Retry
	}
	return e
}

// Offset is what the local clock lacks, measured by the bot's Date header; it
// is used for signing. Zero until the first answer.
func (c *Client) Offset() time.Duration { return c.wire.Offset() }

// LastDate is the last Date of an answer whose sender is certain: over verified
// TLS, or from this machine.
func (c *Client) LastDate() (time.Time, bool) { return c.wire.LastDate() }

// Traffic is all that the client has sent and received above TCP since New,
// failed attempts included; zero under a foreign transport.
func (c *Client) Traffic() (out, in int64) { return c.wire.Traffic() }

// Close closes the idle connection. The client stays usable.
func (c *Client) Close() error {
	c.wire.Close()
	return nil
}

// String is the host alone.
func (c *Client) String() string { return c.host }

// GoString keeps %#v from showing the fields.
func (c *Client) GoString() string { return "feishu.Client(" + c.host + ")" }

// LogValue keeps slog from showing the fields.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.host) }

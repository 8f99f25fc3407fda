package feishu

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client sends to one bot. It is safe for use by several goroutines; it does
// not limit the rate and does not retry, apart from one corrected clock.
type Client struct {
	cfg      Config
	url      string
	host     string
	token    string
	loopback bool // plain http to this machine
	http     *http.Client
	total    *meter
	clock    *clock
	log      *slog.Logger
}

// New validates the config and makes a client. It does no I/O.
func New(cfg Config, opts ...Option) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("read feishu config: %w", err)
	}
	o := options{clock: time.Now, log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(&o)
	}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("read feishu config: FEISHU_WEBHOOK_URL: is not a URL")
	}
	total := new(meter)
	return &Client{
		cfg:      cfg,
		url:      cfg.URL,
		host:     u.Host,
		token:    strings.TrimPrefix(u.Path, hookPath),
		loopback: u.Scheme == "http",
		http:     o.httpClient(total),
		total:    total,
		clock:    &clock{local: o.clock},
		log:      o.log,
	}, nil
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
	receipt := Receipt{signedAt: c.clock.now()}
	body, err := c.encode(m, receipt.signedAt)
	if err != nil {
		return receipt, &Error{Class: PermanentMessage, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	var p passage
	req, err := c.request(p.trace(ctx), body)
	if err != nil {
		return receipt, &Error{Class: PermanentChannel, Err: c.safe(err)}
	}
	receipt.BytesOut = requestSize(req, len(body))
	sent := c.clock.local()
	resp, err := c.http.Do(req)
	if err != nil {
		receipt.Duration = c.clock.local().Sub(sent)
		receipt.WireOut, receipt.WireIn = p.bytes()
		return receipt, c.unanswered(&p, 0, err)
	}
	failure := c.read(resp, &p, &receipt, sent)
	receipt.WireOut, receipt.WireIn = p.bytes()
	return receipt, failure
}

func (c *Client) request(ctx context.Context, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "edgebell")
	return req, nil
}

// read takes the answer's header and body. The Date counts whatever the body
// says, as it does for a refused signature.
func (c *Client) read(resp *http.Response, p *passage, r *Receipt, sent time.Time) *Error {
	headerAt := c.clock.local()
	body, err := readBody(resp)
	// A body cut at the limit is not worth the connection.
	_ = resp.Body.Close()
	r.Duration = c.clock.local().Sub(sent)
	r.BytesIn = responseSize(resp, len(body))
	r.LogID = c.redact(clean(resp.Header.Get("X-Tt-Logid"), maxLogID))
	if date, ok := trustedDate(resp, c.loopback); ok {
		r.Date = date
		c.clock.observe(date, sent, headerAt)
	}
	if err != nil {
		e := c.unanswered(p, resp.StatusCode, fmt.Errorf("read answer: %w", err))
		e.LogID = r.LogID
		return e
	}
	e := judge(resp.StatusCode, resp.Header, body, c.clock.now())
	if e == nil {
		return nil
	}
	e.Msg, e.LogID = clean(c.redact(e.Msg), maxMsg), r.LogID
	return e
}

// unanswered is for requests without a whole answer. A status of its own kind
// (502, 302) tells enough even if the page behind it broke off.
func (c *Client) unanswered(p *passage, status int, err error) *Error {
	e := &Error{HTTPStatus: status, Written: p.written() || status != 0, Err: c.safe(err)}
	switch {
	case status >= 300:
		e.Class = classifyStatus(status)
	case e.Written:
		e.Class = Ambiguous
	default:
		e.Class = Retry
	}
	return e
}

// Offset is what the local clock lacks, measured by the bot's Date header; it
// is used for signing. Zero until the first answer.
func (c *Client) Offset() time.Duration { return c.clock.offset() }

// LastDate is the last Date of an answer whose sender is certain: over verified
// TLS, or from this machine.
func (c *Client) LastDate() (time.Time, bool) { return c.clock.last() }

// Traffic is all that the client has sent and received above TCP since New,
// failed attempts included; zero under a foreign transport.
func (c *Client) Traffic() (out, in int64) { return c.total.read() }

// Close closes the idle connection. The client stays usable.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// String is the host alone.
func (c *Client) String() string { return c.host }

// GoString keeps %#v from showing the fields.
func (c *Client) GoString() string { return "feishu.Client(" + c.host + ")" }

// LogValue keeps slog from showing the fields.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.host) }

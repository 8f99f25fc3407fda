package wire

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Options say what New builds. The zero value is right for production.
type Options struct {
	// Client and Transport replace the client's own transport, and Client its
	// timeout too; bytes on the wire are not counted then.
	Client    *http.Client
	Transport http.RoundTripper
	// Clock replaces time.Now.
	Clock func() time.Time
	// TLSTime is the time against which certificates are checked, for a box
	// whose clock starts in 1970. The check itself cannot be turned off.
	TLSTime func() time.Time
	// Roots replaces the system's certificate authorities.
	Roots *x509.CertPool
	// UserAgent is sent with every request; empty is edgebell.
	UserAgent string
	// Redact hides secrets in texts that go into errors; nil hides passwords
	// of URLs only.
	Redact func(string) string
}

// Client posts to one far side. It is safe for use by several goroutines.
type Client struct {
	http   *http.Client
	total  *Meter
	clock  *clock
	agent  string
	redact func(string) string
}

// New makes a Client. It does no I/O.
func New(o Options) *Client {
	c := &Client{total: new(Meter), clock: &clock{local: o.Clock}, agent: o.UserAgent, redact: o.Redact}
	if c.clock.local == nil {
		c.clock.local = time.Now
	}
	if c.agent == "" {
		c.agent = "edgebell"
	}
	if c.redact == nil {
		c.redact = Redactor()
	}
	c.http = o.httpClient(c.total)
	return c
}

func (o Options) httpClient(total *Meter) *http.Client {
	hc := &http.Client{Transport: o.Transport}
	if o.Client != nil {
		copied := *o.Client
		hc = &copied
		if o.Transport != nil {
			hc.Transport = o.Transport
		}
	}
	if hc.Transport == nil && o.Client == nil {
		hc.Transport = newTransport(TLSConfig(o.Roots, o.TLSTime), total)
	}
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return hc
}

// Request is one message. Header may be nil; Content-Type is JSON's unless
// Header says otherwise.
type Request struct {
	Method string // empty is POST
	URL    string
	Header http.Header
	Body   []byte
}

// Answer is the far side's, as far as it came: Status is 0 when not even the
// header did. Body is at most 64 KiB.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Receipt says what one Post cost. It is filled as far as possible on failures
// too.
type Receipt struct {
	// BytesOut and BytesIn are the HTTP message as written in HTTP/1.1:
	// headers, some of them estimated, and body.
	BytesOut, BytesIn int64
	// WireOut and WireIn are what really passed above TCP, TLS and its
	// handshake included; 0 when a foreign transport is used.
	WireOut, WireIn int64
	Duration        time.Duration
	// Date is the answer's Date header, zero when missing or not to be trusted.
	Date time.Time
}

// Failure is a Post without a whole answer.
type Failure struct {
	// Status is 0 when no answer came. One of its own kind (502, 302) tells
	// enough even if the page behind it broke off.
	Status int
	// Written: the message may have arrived. False only when we know that a
	// part of the request never left.
	Written bool
	// Err holds no address and nothing that Redact hides.
	Err error
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the redacted cause.
func (f *Failure) Unwrap() error { return f.Err }

// Post sends one request and reads its answer. It returns *Failure, not error,
// so that the caller can look inside; compare it to nil before it becomes an
// interface.
func (c *Client) Post(ctx context.Context, r Request) (Answer, Receipt, *Failure) {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	var (
		p       passage
		receipt Receipt
	)
	req, err := c.request(p.trace(ctx), r)
	if err != nil {
		return Answer{}, receipt, &Failure{Err: Safe(err, c.redact)}
	}
	receipt.BytesOut = requestSize(req, len(r.Body))
	sent := c.clock.local()
	resp, err := c.http.Do(req)
	if err != nil {
		receipt.Duration = c.clock.local().Sub(sent)
		receipt.WireOut, receipt.WireIn = p.bytes()
		return Answer{}, receipt, &Failure{Written: p.written(), Err: Safe(err, c.redact)}
	}
	answer, err := c.read(req.URL, resp, &receipt, sent)
	receipt.WireOut, receipt.WireIn = p.bytes()
	if err != nil {
		return answer, receipt, &Failure{Status: resp.StatusCode, Written: true, Err: Safe(fmt.Errorf("read answer: %w", err), c.redact)}
	}
	return answer, receipt, nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, cmp.Or(r.Method, http.MethodPost), r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", c.agent)
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, nil
}

// read takes the answer's header and body. The Date counts whatever the body
// says, as it does for a refused signature.
func (c *Client) read(to *url.URL, resp *http.Response, r *Receipt, sent time.Time) (Answer, error) {
	headerAt := c.clock.local()
	body, err := readBody(resp)
	// A body cut at the limit is not worth the connection.
	_ = resp.Body.Close()
	r.Duration = c.clock.local().Sub(sent)
	r.BytesIn = responseSize(resp, len(body))
	if date, ok := trustedDate(to, resp); ok {
		r.Date = date
		c.clock.observe(date, sent, headerAt)
	}
	return Answer{resp.StatusCode, resp.Header, body}, err
}

// Now is the far side's time once an answer has shown it, else the local one.
func (c *Client) Now() time.Time { return c.clock.now() }

// Offset is what the local clock lacks, by the far side's Date header. Zero
// until the first answer.
func (c *Client) Offset() time.Duration { return c.clock.offset() }

// LastDate is the last Date of an answer whose sender is certain: over verified
// TLS, or from this machine.
func (c *Client) LastDate() (time.Time, bool) { return c.clock.last() }

// Traffic is all that the client has sent and received above TCP since New,
// failed attempts included; zero under a foreign transport.
func (c *Client) Traffic() (out, in int64) { return c.total.Read() }

// Close closes the idle connection. The client stays usable.
func (c *Client) Close() { c.http.CloseIdleConnections() }

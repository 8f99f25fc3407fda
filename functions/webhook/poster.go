package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// maxTold bounds what an error repeats of an answer, in bytes.
const maxTold = 200

// Poster posts the messages of one channel and says what a missing answer
// means. It is safe for concurrent use.
type Poster struct {
	wire   *wire.Client
	redact func(string) string
	learn  func(time.Time)
}

// NewPoster makes a Poster; the secrets, such as the token in an address, stand
// in none of its errors. It does no I/O.
func NewPoster(o Options, secrets ...string) *Poster {
	redact := wire.Redactor(secrets...)
	return &Poster{
		redact: redact, learn: o.Learn,
		wire: wire.New(wire.Options{Clock: o.Clock, TLSTime: o.TLSTime, Roots: o.Roots, UserAgent: o.UserAgent, Redact: redact}),
	}
}

// Post sends a request. The *notify.SendError is not nil where no whole answer
// came; what a whole one means is for the channel to say, with Fail. Compare it
// to nil before it becomes an error.
func (p *Poster) Post(ctx context.Context, r wire.Request) (wire.Answer, notify.Receipt, *notify.SendError) {
	answer, cost, broken := p.wire.Post(ctx, r)
	receipt := notify.Receipt{BytesOut: cost.BytesOut, BytesIn: cost.BytesIn, Took: cost.Duration}
	if cost.WireOut > 0 { // counted on the connection, its handshake included
		receipt.BytesOut, receipt.BytesIn = cost.WireOut, cost.WireIn
	}
	if p.learn != nil && !cost.Date.IsZero() {
		p.learn(cost.Date)
	}
	if broken == nil {
		return answer, receipt, nil
	}
	if !broken.Written && cost.WireOut == 0 {
		receipt.BytesOut, receipt.BytesIn = 0, 0 // it never left
	}
	if broken.Status >= 300 { // it tells enough, even if the page behind it broke off
		return answer, receipt, p.FailByStatus(answer)
	}
	out := &notify.SendError{Outcome: notify.Retry, Offline: broken.Status == 0, Err: fmt.Errorf("send message: %w", broken.Err)}
	if broken.Written {
		out.Outcome = notify.Ambiguous
	}
	return answer, receipt, out
}

// Fail is the error for an answer that means outcome. text is foreign: it is
// redacted and bounded.
func (p *Poster) Fail(a wire.Answer, outcome notify.Outcome, text string) *notify.SendError {
	said := "send message"
	if a.Status != http.StatusOK {
		said += fmt.Sprintf(": HTTP %d", a.Status)
	}
	if text = wire.Clean(p.redact(text), maxTold); text != "" {
		said += ": " + text
	}
	return &notify.SendError{
		Outcome: outcome, RetryAfter: wire.RetryAfter(a.Header, p.wire.Now()), Err: errors.New(said),
	}
}

// FailByStatus is the error for an answer of which only the status counts.
func (p *Poster) FailByStatus(a wire.Answer) *notify.SendError {
	text, outcome := string(a.Body), ByStatus(a.Status)
	switch {
	case a.Status >= 300 && a.Status < 400:
		text = p.redirected(a)
	case a.Status == http.StatusBadRequest && wantsTLS(text):
		text, outcome = "this is a port of HTTPS: the address must begin with https://", notify.ChannelRefused
	}
	return p.Fail(a, outcome, text)
}

// FailForeign is FailByStatus for a service that always says its own code when
// it refuses a message: without one a 400 is a proxy's, which has looked at no
// message, so it is Unknown. A 413 may well be about the size.
func (p *Poster) FailForeign(a wire.Answer) *notify.SendError {
	fail := p.FailByStatus(a)
	if fail.Outcome == notify.MessageRefused && a.Status != http.StatusRequestEntityTooLarge {
		fail.Outcome = notify.Unknown
	}
	return fail
}

// wantsTLS says that a port of HTTPS was asked in plain HTTP, in the words of
// Go, nginx and Apache: it is not the message that is wrong.
func wantsTLS(answer string) bool {
	for _, words := range []string{"HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled server port"} {
		if strings.Contains(answer, words) {
			return true
		}
	}
	return false
}

// IsPage says that an answer is a web page, which no service's is.
func IsPage(a wire.Answer) bool { return strings.HasPrefix(strings.TrimSpace(string(a.Body)), "<") }

// redirected names the host alone: the rest may be a secret.
func (p *Poster) redirected(a wire.Answer) string {
	to := "nowhere"
	if u, err := url.Parse(a.Header.Get("Location")); err == nil && a.Header.Get("Location") != "" {
		to = "to " + strings.TrimPrefix(u.Scheme+"://", "://") + u.Host
		if u.Host == "" {
			to = "to another path"
		}
	}
	return "redirected " + to + ", which is not followed: configure the address where it ends (or is this a captive portal?)"
}

// Now is the far side's time once an answer has shown it, else the local one.
func (p *Poster) Now() time.Time { return p.wire.Now() }

// Clock is how far the far side's clock is ahead of this one; sure says that an
// answer has shown it.
func (p *Poster) Clock() (offset time.Duration, sure bool) {
	_, sure = p.wire.LastDate()
	return p.wire.Offset(), sure
}

// ByStatus is what an HTTP status means where nothing else is known (RFC 9110,
// section 15; 429 and 425 in RFC 6585 and RFC 8470). A 2xx means delivered, so
// there it is Ambiguous, for callers that could not read the body.
func ByStatus(status int) notify.Outcome {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return notify.MessageRefused
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusProxyAuthRequired, http.StatusGone, http.StatusUnavailableForLegalReasons:
		return notify.ChannelRefused
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return notify.Retry
	}
	switch {
	case status >= 200 && status < 300:
		return notify.Ambiguous
	case status >= 500, status >= 300 && status < 400:
		return notify.Retry
	}
	return notify.Unknown
}

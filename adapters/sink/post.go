package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/token"
)

const (
	maxAnswerBytes = 64 << 10
	maxAnswerText  = 256
)

// Why an event was dropped.
const (
	reasonBadRequest  = "bad_request"
	reasonTooLarge    = "too_large"
	reasonUnsupported = "unsupported"
	reasonInvalid     = "invalid"
)

// Outage is what keeps the sink from answering: the same events may be taken
// later. Status is the HTTP status, 0 when there was none.
type Outage struct {
	Err        error
	Status     int
	RetryAfter time.Duration
}

func (o *Outage) Error() string { return "post to sink: " + o.Err.Error() }

// Unwrap gives the cause.
func (o *Outage) Unwrap() error { return o.Err }

type mode string

const (
	singleMode mode = event.ApplicationCloudEventsJSON
	batchMode  mode = event.ApplicationCloudEventsBatchJSON
)

// answer is what the receiver says about the events themselves.
type answer struct {
	status int
	// index of the bad event in a batch, -1 when it is not named.
	index int
	text  string
}

func (a answer) accepted() bool { return a.status/100 == 2 }

func (a answer) reason() string {
	switch a.status {
	case http.StatusRequestEntityTooLarge:
		return reasonTooLarge
	case http.StatusUnsupportedMediaType:
		return reasonUnsupported
	}
	return reasonBadRequest
}

// post makes one request. Exactly one of answer and outage counts.
func (c *Client) post(ctx context.Context, b *body, m mode) (answer, *Outage) {
	ans, outage := c.exchange(ctx, b, m)
	ans.text, outage = c.hide(ans.text), c.hidden(outage)
	switch {
	case outage == nil:
		c.state.reached(c.log, b.uncounted)
	case errors.Is(ctx.Err(), context.Canceled):
		// The caller went away; that says nothing about the sink.
	default:
		c.state.failed(c.log, outage)
	}
	return ans, outage
}

func (c *Client) exchange(ctx context.Context, b *body, m mode) (answer, *Outage) {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, fmt.Errorf("no answer within %s", requestTimeout))
	defer cancel()
	req, err := c.request(ctx, b, m)
	if err != nil {
		return answer{}, &Outage{Err: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, &Outage{Err: plain(ctx, err)}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil && resp.StatusCode/100 != 2 {
		return answer{}, &Outage{Err: fmt.Errorf("read answer: %w", plain(ctx, err)), Status: resp.StatusCode}
	}
	return classify(resp, []byte(c.hide(string(raw)))) // before it is cut
}

func (c *Client) request(ctx context.Context, b *body, m mode) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Body, req.ContentLength = b.reader(m)
	// The transport may ask for the body again when an idle connection turns
	// out to be closed.
	req.GetBody = func() (io.ReadCloser, error) {
		r, _ := b.reader(m)
		return r, nil
	}
	// Without a value this header is not sent, but tells the transport that
	// the request may be repeated: a receiver that closes an idle connection is
	// no outage, and the same event twice is recognised by its id.
	req.Header["Idempotency-Key"] = nil
	req.Header.Set("Content-Type", string(m))
	req.Header.Set("User-Agent", "edgebell")
	if shown := token.Shown(c.cfg.Token); shown != "" {
		req.Header.Set("Authorization", "Bearer "+shown)
	}
	return req, nil
}

// plain is the error without the URL, which may carry a secret in its query,
// and with the reason of a timeout instead of "context deadline exceeded".
func plain(ctx context.Context, err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return context.Cause(ctx)
	}
	return err
}

// classify tells an answer, which is about the events, from an outage, which is
// about the receiver (or about how it was set up) and may pass.
func classify(resp *http.Response, raw []byte) (answer, *Outage) {
	switch code := resp.StatusCode; {
	case code/100 == 2 && isPage(resp, raw):
		return answer{}, &Outage{Status: code, Err: fmt.Errorf("status %d with a web page, which no sink answers (a captive portal?)", code)}
	case code/100 == 2:
		return answer{status: code, index: -1}, nil
	case code == http.StatusBadRequest && wantsTLS(raw):
		return answer{}, &Outage{Status: code, Err: fmt.Errorf("status %d: %q: K_SINK must begin with https://", code, bounded(raw))}
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge,
		code == http.StatusUnsupportedMediaType, code == http.StatusUnprocessableEntity:
		return readAnswer(code, raw), nil
	case code/100 == 3:
		return answer{}, &Outage{Status: code, Err: fmt.Errorf(
			"status %d redirects to %q: K_SINK must be the final address, redirects are not followed", code, target(resp))}
	default:
		err := fmt.Errorf("status %d", code)
		if text := bounded(raw); text != "" {
			err = fmt.Errorf("status %d: %q", code, text)
		}
		return answer{}, &Outage{Status: code, Err: err, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	}
}

// isPage says that a web page came: over plain HTTP anybody on the way answers,
// and a portal's 200 is no custody.
func isPage(resp *http.Response, raw []byte) bool {
	return strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || bytes.HasPrefix(bytes.TrimSpace(raw), []byte("<"))
}

// wantsTLS says that a port of HTTPS was asked in plain HTTP, in the words of
// Go, nginx and Apache. It has not seen the events, so it cannot refuse them.
func wantsTLS(raw []byte) bool {
	for _, words := range []string{"HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled server port"} {
		if bytes.Contains(raw, []byte(words)) {
			return true
		}
	}
	return false
}

// readAnswer reads {"error": "...", "index": 3}, or whatever else was said.
func readAnswer(code int, raw []byte) answer {
	var said struct {
		Error string `json:"error"`
		Index *int   `json:"index"`
	}
	ans := answer{status: code, index: -1, text: bounded(raw)}
	if json.Unmarshal(raw, &said) != nil {
		return ans
	}
	if said.Index != nil {
		ans.index = *said.Index
	}
	if said.Error != "" {
		ans.text = bounded([]byte(said.Error))
	}
	return ans
}

func bounded(raw []byte) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) <= maxAnswerText {
		return string(bytes.ToValidUTF8(raw, nil))
	}
	return string(bytes.ToValidUTF8(raw[:maxAnswerText], nil)) + "…"
}

func target(resp *http.Response) string {
	u, err := resp.Location()
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// retryAfter reads seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return min(time.Duration(max(seconds, 0))*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

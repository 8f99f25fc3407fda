package robot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// Client posts to one robot. It is safe for use by several goroutines.
type Client struct {
	*webhook.Poster
	codes Table
}

// New makes a Client of a table of codes; no secret stands in its errors.
func New(codes Table, o webhook.Options, secrets ...string) *Client {
	return &Client{webhook.NewPoster(o, secrets...), codes}
}

// Post sends one body. code is the robot's errcode, 0 where it gave none. The
// *notify.SendError is nil where the message was delivered, which only a 2xx
// with errcode 0 says; compare it to nil before it becomes an error.
func (c *Client) Post(ctx context.Context, url string, body []byte) (receipt notify.Receipt, code int, failure *notify.SendError) {
	answer, receipt, failure := c.Poster.Post(ctx, wire.Request{URL: url, Body: body})
	if failure != nil {
		return receipt, 0, failure
	}
	code, failure = c.judge(answer)
	return receipt, code, failure
}

func (c *Client) judge(a wire.Answer) (int, *notify.SendError) {
	code, msg, err := readCode(a.Body)
	ok := a.Status >= 200 && a.Status < 300
	switch {
	case a.Status >= 300 && a.Status < 400:
		return 0, c.FailByStatus(a)
	case err != nil && ok && bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<")):
		return 0, c.Fail(a, notify.Retry, "answer is a web page, not the robot's (a captive portal?)")
	case err != nil && ok:
		return 0, c.Fail(a, notify.Ambiguous, err.Error())
	case err != nil:
		return 0, c.FailForeign(a)
	case code == 0 && ok:
		return 0, nil
	case code == 0:
		return 0, c.Fail(a, notify.Ambiguous, "errcode 0 under a failing HTTP status")
	}
	rule := c.codes.Find(code, msg)
	if rule.Outcome == notify.Unknown && webhook.ByStatus(a.Status) == notify.Retry {
		rule.Outcome = notify.Retry
	}
	out := c.Fail(a, rule.Outcome, fmt.Sprintf("errcode %d (%s): %s", code, rule.Mean, msg))
	out.RetryAfter = max(out.RetryAfter, rule.After)
	return code, out
}

// readCode finds errcode and errmsg. Keys are matched exactly, which decoding
// into a struct would not do.
func readCode(body []byte) (code int, msg string, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return 0, "", errors.New("answer is empty")
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return 0, "", errors.New("answer is not a JSON object")
	}
	raw, ok := fields["errcode"]
	if !ok {
		return 0, "", errors.New("answer has no errcode")
	}
	if code, err = strconv.Atoi(string(raw)); err != nil {
		return 0, "", errors.New("answer's errcode is not an integer")
	}
	_ = json.Unmarshal(fields["errmsg"], &msg) // a message that is no string says nothing
	return code, msg, nil
}

package feishuapp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

const (
	tokenPath = "/open-apis/auth/v3/tenant_access_token/internal"
	// tokenSpare is how long before its end a token is replaced. Feishu gives a
	// new one only in the last 30 minutes; both are good then.
	tokenSpare = 5 * time.Minute
	// leastLife keeps a far side that grants nothing from being asked for each
	// message.
	leastLife = time.Minute
)

// caller makes calls with the app's token.
type caller struct {
	poster    *webhook.Poster
	base      string
	id, proof string
	now       func() time.Time

	mu    sync.Mutex
	token string
	until time.Time // by the local clock, which is all that it is compared to
}

func newCaller(cfg Config, o webhook.Options, now func() time.Time) *caller {
	proof := strings.TrimSpace(cfg.Secret)
	return &caller{
		poster: webhook.NewPoster(o, proof), base: cfg.base(), now: now,
		id: strings.TrimSpace(cfg.AppID), proof: proof,
	}
}

// call makes one call, and a second one where the token had become stale. It
// returns the message_id of the answer, if there is one.
func (c *caller) call(ctx context.Context, method, path string, body []byte) (id string, cost notify.Receipt, fail *notify.SendError) {
	for try := 0; ; try++ {
		token, receipt, fail := c.fresh(ctx)
		add(&cost, receipt)
		if fail != nil {
			return "", cost, fail
		}
		answer, receipt, broken := c.poster.Post(ctx, wire.Request{
			Method: method, URL: c.base + path, Body: body, Header: http.Header{"Authorization": {"Bearer " + token}},
		})
		add(&cost, receipt)
		if broken != nil {
			return "", cost, broken
		}
		code, fail := c.judge(answer, token)
		if fail == nil {
			return messageID(answer.Body), cost, nil
		}
		if !staleToken(code) || try > 0 {
			return "", cost, fail
		}
		c.forget(token)
	}
}

// fresh is a token that is good for some time.
func (c *caller) fresh(ctx context.Context) (string, notify.Receipt, *notify.SendError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.now().Before(c.until) {
		return c.token, notify.Receipt{}, nil
	}
	body, err := json.Marshal(map[string]string{"app_id": c.id, "app_secret": c.proof})
	if err != nil {
		return "", notify.Receipt{}, &notify.SendError{Outcome: notify.ChannelRefused, Err: fmt.Errorf("encode app: %w", err)}
	}
	answer, receipt, broken := c.poster.Post(ctx, wire.Request{URL: c.base + tokenPath, Body: body})
	if broken != nil {
		return "", receipt, tokenless(broken)
	}
	if _, fail := c.judge(answer, ""); fail != nil {
		return "", receipt, tokenless(fail)
	}
	var granted struct {
		Token  string `json:"tenant_access_token"`
		Expire int64  `json:"expire"` // seconds
	}
	if json.Unmarshal(answer.Body, &granted) != nil || granted.Token == "" {
		return "", receipt, c.poster.Fail(answer, notify.ChannelRefused, "answer holds no token")
	}
	life := time.Duration(min(max(granted.Expire, 0), 24*3600)) * time.Second
	c.token, c.until = granted.Token, c.now().Add(max(life-tokenSpare, leastLife))
	return c.token, receipt, nil
}

// tokenless is what a failure to get a token means: no message was on its way,
// so none is in doubt, and whatever was refused is not the message.
func tokenless(fail *notify.SendError) *notify.SendError {
	switch fail.Outcome {
	case notify.Ambiguous:
		fail.Outcome = notify.Retry
	case notify.MessageRefused, notify.Unknown:
		fail.Outcome = notify.ChannelRefused
	}
	return fail
}

func (c *caller) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token = ""
	}
}

// judge reads an answer; nil means done, which only a 2xx with code 0 says.
func (c *caller) judge(a wire.Answer, token string) (int, *notify.SendError) {
	if token != "" {
		a.Body = bytes.ReplaceAll(a.Body, []byte(token), []byte("…"))
	}
	code, msg, err := feishu.ReadCode(a.Body)
	ok := a.Status >= 200 && a.Status < 300
	switch {
	case err != nil && ok && strings.HasPrefix(strings.TrimSpace(string(a.Body)), "<"):
		return 0, c.poster.Fail(a, notify.Retry, "answer is a web page, not Feishu's (a captive portal?)")
	case err != nil && ok:
		return 0, c.poster.Fail(a, notify.Ambiguous, err.Error())
	case err != nil || a.Status >= 300 && a.Status < 400:
		return 0, c.poster.FailForeign(a)
	case code == 0 && ok:
		return 0, nil
	case code == 0:
		return 0, c.poster.Fail(a, notify.Ambiguous, "code 0 under a failing HTTP status")
	}
	r, known := classify(code, msg)
	said := fmt.Sprintf("code %d: %s", code, msg)
	if r.mean != "" {
		said += " (" + r.mean + ")"
	}
	outcome := r.outcome
	if !known && webhook.ByStatus(a.Status) == notify.Retry {
		outcome = notify.Retry
	}
	fail := c.poster.Fail(a, outcome, said)
	fail.RetryAfter = max(fail.RetryAfter, r.after, wire.RetryAfter(a.Header, c.now(), "X-Ogw-Ratelimit-Reset"))
	return code, fail
}

func messageID(body []byte) string {
	var m struct {
		Data struct {
			MessageID string `json:"message_id"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &m) // its code has been read; without an id it cannot be edited
	return m.Data.MessageID
}

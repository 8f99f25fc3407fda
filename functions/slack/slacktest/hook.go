// Package slacktest stands in for Slack's incoming webhooks, and is stricter: it
// refuses unknown fields, sizes over the documented ones, text that Slack would
// read as markup, and more than one message a second on average. It listens on
// loopback only.
//
// Begin with NewHook.
package slacktest

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// Path is the webhook's.
const Path = "/services/T0EDGEBELL/B0EDGEBELL/s3cr3tOfTheSlackHook0000"

// Hook is one incoming webhook.
type Hook struct {
	*webhooktest.Server
	// Limited keeps Slack's rate: one message a second, with short bursts.
	Limited bool

	mu     sync.Mutex
	bucket webhooktest.Bucket
}

// NewHook starts a webhook.
func NewHook() *Hook {
	h := &Hook{bucket: webhooktest.Bucket{Burst: 5, Every: time.Second}}
	h.Server = webhooktest.NewServer(h.Judge)
	return h
}

// Address is the webhook's.
func (h *Hook) Address() string { return h.URL() + Path }

func say(status int, body string) webhooktest.Reply {
	return webhooktest.Reply{Status: status, Body: body, Header: map[string]string{"Content-Type": "text/html"}}
}

// Judge is Slack's answer. Where it refuses a message, the header X-Why says
// what was wrong, which Slack does not.
func (h *Hook) Judge(req webhooktest.Request) webhooktest.Reply {
	switch {
	case req.Method != http.MethodPost:
		return say(http.StatusMethodNotAllowed, "")
	case req.URL.RequestURI() != Path:
		return say(http.StatusNotFound, "no_service")
	case req.Header.Get("Content-Type") != "application/json; charset=utf-8":
		return refuse("invalid_payload", fmt.Errorf("content type %q", req.Header.Get("Content-Type")))
	}
	if wait, ok := h.take(req.At); !ok {
		r := say(http.StatusTooManyRequests, "rate_limited")
		r.Header["Retry-After"] = strconv.Itoa(int(math.Ceil(wait.Seconds())))
		return r
	}
	m, err := webhooktest.DecodeStrict(req.Raw)
	if err != nil {
		return refuse("invalid_payload", err)
	}
	if err := checkMessage(m); err != nil {
		return refuse("invalid_blocks", err)
	}
	return say(http.StatusOK, "ok")
}

func (h *Hook) take(now time.Time) (time.Duration, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.Limited {
		return 0, true
	}
	return h.bucket.Take(now)
}

func refuse(code string, why error) webhooktest.Reply {
	r := say(http.StatusBadRequest, code)
	r.Header["X-Why"] = why.Error()
	return r
}

// only refuses fields beyond the known ones.
func only(what string, m map[string]any, known ...string) error {
	for key := range m {
		found := false
		for _, k := range known {
			found = found || k == key
		}
		if !found {
			return fmt.Errorf("%s has a field %q", what, key)
		}
	}
	return nil
}

func checkMessage(m map[string]any) error {
	if err := only("message", m, "text", "blocks", "mrkdwn", "unfurl_links", "unfurl_media"); err != nil {
		return err
	}
	for _, flag := range []string{"mrkdwn", "unfurl_links", "unfurl_media"} {
		if v, ok := m[flag].(bool); !ok || v {
			return fmt.Errorf("%s is %v, want false", flag, m[flag])
		}
	}
	if err := checkText("text", m["text"], 40000, false); err != nil {
		return err
	}
	blocks, ok := m["blocks"].([]any)
	if _, there := m["blocks"]; there && (!ok || len(blocks) == 0 || len(blocks) > 50) {
		return fmt.Errorf("%d blocks, want 1 to 50", len(blocks))
	}
	for i, b := range blocks {
		if err := checkBlock(b); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
	}
	return nil
}

func checkBlock(v any) error {
	b, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("is %T", v)
	}
	switch b["type"] {
	case "header":
		return first(only("header", b, "type", "text"), checkObject(b["text"], 150, false))
	case "section":
		return first(only("section", b, "type", "text"), checkObject(b["text"], 3000, true))
	case "context":
		elements, _ := b["elements"].([]any)
		if len(elements) == 0 || len(elements) > 10 {
			return fmt.Errorf("%d elements, want 1 to 10", len(elements))
		}
		for _, e := range elements {
			if err := checkObject(e, 3000, false); err != nil {
				return err
			}
		}
		return only("context", b, "type", "elements")
	}
	return fmt.Errorf("type %v", b["type"])
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkObject checks a text object. mrkdwn may hold links only.
func checkObject(v any, most int, mrkdwn bool) error {
	o, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("text is %T", v)
	}
	if o["type"] == "mrkdwn" && mrkdwn {
		return first(only("text", o, "type", "text"), checkText("mrkdwn", o["text"], most, true))
	}
	if o["type"] != "plain_text" {
		return fmt.Errorf("text of type %v", o["type"])
	}
	if emoji, ok := o["emoji"].(bool); !ok || emoji {
		return fmt.Errorf("emoji is %v, want false", o["emoji"])
	}
	return first(only("text", o, "type", "text", "emoji"), checkText("plain_text", o["text"], most, false))
}

var (
	live   = regexp.MustCompile(`[<>]|&(?:[^alg]|$|a[^m]|am[^p]|amp[^;]|l[^t]|lt[^;]|g[^t]|gt[^;])`)
	link   = regexp.MustCompile(`<https://[^<>|\s]+\|[^<>|]+>`)
	hidden = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
)

func checkText(what string, v any, most int, links bool) error {
	s, ok := v.(string)
	n := len(utf16.Encode([]rune(s)))
	if links {
		s = link.ReplaceAllString(s, "")
	}
	switch {
	case !ok || n == 0 || n > most:
		return fmt.Errorf("%s of %d characters, want 1 to %d", what, n, most)
	case live.MatchString(s):
		return fmt.Errorf("%s holds a live %q", what, live.FindString(s))
	case hidden.MatchString(s):
		return fmt.Errorf("%s holds a hidden %q", what, hidden.FindString(s))
	}
	return nil
}

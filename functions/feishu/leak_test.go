package feishu_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

const token = "0f7c2b1e-aaaa-4bbb-8ccc-1234567890ab"

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestNothingLeaks walks every way to fail, many of which hand the address or
// the secret back to us, and looks at all that could be printed.
func TestNothingLeaks(t *testing.T) {
	echo := fmt.Sprintf("POST https://open.feishu.cn/open-apis/bot/v2/hook/%s with %s", token, secret)
	page := feishutest.Status(502, "X-Tt-Logid", token)
	for name, tt := range map[string]struct {
		fault  feishutest.Fault
		outage bool
		off    time.Duration
		opts   []feishu.Option
		msg    feishu.Message
	}{
		"refused":            {fault: feishutest.Code(19001, echo, 200)},
		"unknown code":       {fault: feishutest.Code(1, echo, 200)},
		"card rejected":      {fault: feishutest.Code(11246, "ErrorValue: "+token, 400)},
		"token split by NUL": {fault: feishutest.Code(11246, token[:9]+"\x00"+token[9:]+token, 400)},
		"log id":             {fault: page},
		"empty":              {fault: feishutest.Empty200()},
		"portal":             {fault: feishutest.CaptivePortal()},
		"reset":              {fault: feishutest.AcceptThenReset()},
		"reset before":       {fault: feishutest.ResetBeforeRead()},
		"truncated":          {fault: feishutest.TruncateBody(3)},
		"outage":             {outage: true},
		"clock corrected":    {off: -4 * time.Hour, fault: feishutest.NoFault()},
		"msg_type":           {msg: feishu.Message{MsgType: "text", Payload: json.RawMessage(`{}`)}},
		"payload":            {msg: feishu.Message{MsgType: "post", Payload: json.RawMessage(token)}},
		"transport": {opts: []feishu.Option{feishu.WithTransport(roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, errors.New(echo)
		}))}},
		"transport, wrapped": {opts: []feishu.Option{feishu.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("dial %s: %w", r.URL, context.DeadlineExceeded)
		}))}},
		"no response at all": {opts: []feishu.Option{feishu.WithTransport(roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, nil
		}))}},
	} {
		t.Run(name, func(t *testing.T) {
			bot := start(t, feishutest.Options{Token: token, Secret: secret})
			bot.Script(tt.fault)
			bot.Outage(tt.outage)
			var printed bytes.Buffer
			log := slog.New(slog.NewJSONHandler(&printed, &slog.HandlerOptions{Level: slog.LevelDebug}))
			cfg := feishu.Config{URL: bot.URL, Secret: secret}
			opts := append([]feishu.Option{feishu.WithLogger(log),
				feishu.WithClock(func() time.Time { return time.Now().Add(tt.off) })}, tt.opts...)
			c := client(t, cfg, opts...)
			msg := tt.msg
			if msg.MsgType == "" {
				msg = hello
			}
			receipt, err := c.Send(t.Context(), msg)
			if (err == nil) != (name == "clock corrected") {
				t.Fatalf("Send: %v", err)
			}
			if err == nil && printed.Len() == 0 {
				t.Error("a corrected clock is not told")
			}
			log.Error("send", "error", err, "client", c, "config", cfg, "receipt", receipt)
			fmt.Fprintf(&printed, "%v|%+v|%#v|%s|%q|%+v|%#v|%v|%+v", err, err, err, c, c, c, c, cfg, receipt)
			for e := err; e != nil; e = errors.Unwrap(e) {
				fmt.Fprintf(&printed, "%v|%+v|%#v", e, e, e)
			}
			asJSON, jsonErr := json.Marshal([]any{err, c, cfg, receipt})
			fmt.Fprintf(&printed, "%s %v", asJSON, jsonErr)
			for _, s := range []string{token, secret} {
				if strings.Contains(printed.String(), s) {
					t.Errorf("%q is in what was printed:\n%s", s, printed.String())
				}
			}
		})
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain",
		`Post "https://open.feishu.cn/open-apis/bot/v2/hook/abc-1": EOF`:    `Post "https://open.feishu.cn/open-apis/bot/v2/hook/***": EOF`,
		"https://h/open-apis/bot/hook/abc and /OPEN-APIS/bot/v2/hook/x?y=1": "https://h/open-apis/bot/hook/*** and /OPEN-APIS/bot/v2/hook/***?y=1",
		`{"timestamp":"1","sign":"l1N0gA=","msg_type":"post"}`:              `{"timestamp":"1","sign":"***","msg_type":"post"}`,
		"proxyconnect http://user:pass@10.0.0.1:3128":                       "proxyconnect http://***@10.0.0.1:3128",
	} {
		if got := feishu.Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

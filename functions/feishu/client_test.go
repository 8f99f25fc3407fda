package feishu_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/google/go-cmp/cmp"
)

const secret = "s3cr3t-Wt9xq"

var hello = feishu.Message{MsgType: "interactive", Payload: json.RawMessage(
	`{"schema":"2.0","header":{"title":{"tag":"plain_text","content":"<edge> & more"}},"body":{"elements":[{"tag":"hr"}]}}`)}

// start gives a bot with the right time, whatever time the client has.
func start(t *testing.T, opts feishutest.Options) *feishutest.Bot {
	t.Helper()
	bot := feishutest.NewBot(opts)
	bot.Start()
	t.Cleanup(bot.Close)
	return bot
}

func client(t *testing.T, cfg feishu.Config, opts ...feishu.Option) *feishu.Client {
	t.Helper()
	c, err := feishu.New(cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func failure(t *testing.T, err error) *feishu.Error {
	t.Helper()
	var e *feishu.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T) is not an *Error", err, err)
	}
	return e
}

func TestSend(t *testing.T) {
	bot := start(t, feishutest.Options{Secret: secret})
	c := client(t, feishu.Config{URL: bot.URL, Secret: secret})
	receipt, err := c.Send(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	m := bot.Messages()[0]
	at, sign := m.Parsed["timestamp"].(string), m.Parsed["sign"].(string)
	want := fmt.Sprintf(`{"timestamp":%q,"sign":%q,"msg_type":"interactive","card":%s}`, at, sign, hello.Payload)
	if diff := cmp.Diff(want, string(m.Raw)); diff != "" {
		t.Errorf("body (-want +got)\n%s", diff)
	}
	if receipt.LogID == "" || receipt.Date.IsZero() || receipt.Duration <= 0 {
		t.Errorf("receipt %+v lacks something", receipt)
	}
	out, in := bot.Traffic()
	if receipt.WireOut != out || receipt.WireIn != in || m.WireOut != out {
		t.Errorf("receipt: %d out, %d in; the bot counted %d and %d, %d for the message", receipt.WireOut, receipt.WireIn, out, in, m.WireOut)
	}
	if d := receipt.BytesOut - out; d < -64 || d > 64 {
		t.Errorf("estimate %d, real %d", receipt.BytesOut, out)
	}
	if d := receipt.BytesIn - in; d < -64 || d > 64 {
		t.Errorf("estimate %d, real %d", receipt.BytesIn, in)
	}
	totalOut, totalIn := c.Traffic()
	if totalOut != out || totalIn != in {
		t.Errorf("traffic %d, %d, want %d, %d", totalOut, totalIn, out, in)
	}
}

func TestSendPost(t *testing.T) {
	bot := start(t, feishutest.Options{})
	c := client(t, feishu.Config{URL: bot.URL})
	content := `{"post":{"zh_cn":{"title":"T","content":[[{"tag":"text","text":"x"}]]}}}`
	if _, err := c.Send(t.Context(), feishu.Message{MsgType: "post", Payload: json.RawMessage(content)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"msg_type":"post","content":`+content+`}`, string(bot.Messages()[0].Raw)); diff != "" {
		t.Errorf("body without a secret (-want +got)\n%s", diff)
	}
}

func TestSendRefusesWithoutSending(t *testing.T) {
	bot := start(t, feishutest.Options{})
	c := client(t, feishu.Config{URL: bot.URL})
	for name, m := range map[string]feishu.Message{
		"text":      {MsgType: "text", Payload: json.RawMessage(`{"text":"x"}`)},
		"no type":   {Payload: hello.Payload},
		"empty":     {MsgType: "interactive"},
		"not JSON":  {MsgType: "interactive", Payload: json.RawMessage(`{"a":`)},
		"a string":  {MsgType: "interactive", Payload: json.RawMessage(`"{}"`)},
		"too large": {MsgType: "interactive", Payload: json.RawMessage(`{"a":"` + strings.Repeat("x", feishu.MaxBody) + `"}`)},
	} {
		_, err := c.Send(t.Context(), m)
		if e := failure(t, err); e.Class != feishu.PermanentMessage || e.Written {
			t.Errorf("%s: %+v, want permanent for the message and not written", name, e)
		}
	}
	if n := len(bot.Answers()); n != 0 {
		t.Errorf("%d requests left", n)
	}
}

// TestWrongClock starts boxes in several wrong times; the bot lives in the
// present.
func TestWrongClock(t *testing.T) {
	for name, tt := range map[string]struct {
		off      time.Duration
		secret   string
		requests int
		want     feishu.Class
		ok       bool
	}{
		"right":                      {0, secret, 1, 0, true},
		"half an hour slow":          {-30 * time.Minute, secret, 1, 0, true},
		"three hours slow":           {-3 * time.Hour, secret, 2, 0, true},
		"three hours fast":           {3 * time.Hour, secret, 2, 0, true},
		"1970":                       {-time.Since(time.Unix(17, 0)), secret, 2, 0, true},
		"wrong secret":               {0, "other", 1, feishu.PermanentChannel, false},
		"wrong secret, 1970":         {-time.Since(time.Unix(17, 0)), "other", 2, feishu.PermanentChannel, false},
		"no secret where one is due": {-3 * time.Hour, "", 1, feishu.PermanentChannel, false},
	} {
		t.Run(name, func(t *testing.T) {
			bot := start(t, feishutest.Options{Secret: secret})
			c := client(t, feishu.Config{URL: bot.URL, Secret: tt.secret},
				feishu.WithClock(func() time.Time { return time.Now().Add(tt.off) }))
			_, err := c.Send(t.Context(), hello)
			if (err == nil) != tt.ok {
				t.Fatalf("Send: %v", err)
			}
			if err != nil && failure(t, err).Class != tt.want {
				t.Errorf("class %v, want %v", failure(t, err).Class, tt.want)
			}
			if n := len(bot.Answers()); n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
			if d := (c.Offset() + tt.off).Abs(); d > 2*time.Second {
				t.Errorf("offset %v, want %v", c.Offset(), -tt.off)
			}
			if date, ok := c.LastDate(); !ok || time.Since(date) > time.Minute {
				t.Errorf("last Date %v, %t", date, ok)
			}
			if tt.ok {
				if _, err := c.Send(t.Context(), hello); err != nil || len(bot.Answers()) != tt.requests+1 {
					t.Errorf("second message: %v after %d requests: the offset was forgotten", err, len(bot.Answers()))
				}
			}
		})
	}
}

// TestClockJump: a clock that was measured wrong and is then set right by NTP
// must not stay wrong.
func TestClockJump(t *testing.T) {
	bot := start(t, feishutest.Options{Secret: secret})
	off := -3 * time.Hour
	c := client(t, feishu.Config{URL: bot.URL, Secret: secret},
		feishu.WithClock(func() time.Time { return time.Now().Round(0).Add(off) }))
	for _, off = range []time.Duration{-3 * time.Hour, 0, 5 * time.Hour} {
		if _, err := c.Send(t.Context(), hello); err != nil {
			t.Errorf("clock off by %v: %v", off, err)
		}
		if d := (c.Offset() + off).Abs(); d > 2*time.Second {
			t.Errorf("offset %v, want %v", c.Offset(), -off)
		}
	}
}

func TestNoDateNoLoop(t *testing.T) {
	bot := start(t, feishutest.Options{Secret: secret, NoDate: true})
	c := client(t, feishu.Config{URL: bot.URL, Secret: secret},
		feishu.WithClock(func() time.Time { return time.Now().Add(-3 * time.Hour) }))
	_, err := c.Send(t.Context(), hello)
	if e := failure(t, err); e.Class != feishu.PermanentChannel || e.Code != 19021 {
		t.Errorf("%+v, want 19021, permanent for the channel", e)
	}
	if _, ok := c.LastDate(); ok || len(bot.Answers()) != 1 {
		t.Errorf("%d requests, want one; date known: %t", len(bot.Answers()), ok)
	}
}

package feishutest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 5, 1, 10, 7, 0, 0, time.UTC)

// start gives a bot whose clock stands still.
func start(t *testing.T, opts feishutest.Options) *feishutest.Bot {
	t.Helper()
	bot := feishutest.NewBot(opts)
	bot.SetClock(func() time.Time { return now })
	bot.Start()
	t.Cleanup(bot.Close)
	return bot
}

type answer struct {
	Status int
	Code   int
	Msg    string
}

func send(t *testing.T, req *http.Request) (answer, http.Header) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := answer{Status: resp.StatusCode, Code: -1}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("answer %q: %v", raw, err)
	}
	return out, resp.Header
}

func request(t *testing.T, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return req
}

func post(t *testing.T, bot *feishutest.Bot, body string) answer {
	t.Helper()
	a, _ := send(t, request(t, bot.URL, body))
	return a
}

const plainCard = `{"msg_type":"interactive","card":{"schema":"2.0","header":{"title":{"tag":"plain_text","content":"edge"}},"body":{"elements":[{"tag":"div","text":{"tag":"plain_text","content":"hello"}}]}}}`

func signed(at int64, secret, rest string) string {
	mac := hmac.New(sha256.New, []byte(fmt.Sprintf("%d\n%s", at, secret)))
	return fmt.Sprintf(`{"timestamp":"%d","sign":%q,%s`, at, base64.StdEncoding.EncodeToString(mac.Sum(nil)), rest[1:])
}

// TestCheckOrder breaks one request in every way at once and mends it step by
// step: each step must bring the next check's answer.
func TestCheckOrder(t *testing.T) {
	bot := start(t, feishutest.Options{Secret: "demo", Keywords: []string{"edge"}, IPAllow: []string{"10.1.2.*"},
		Disabled: true, RejectQuery: true, MaxBody: 1000, PerSecond: 1, ForbidAtAll: true, DLPWords: []string{"13800000000"}})
	base := strings.TrimSuffix(bot.URL, bot.Path())
	req := func(method, path, body, contentType, ip string) *http.Request {
		r := request(t, base+path, body)
		r.Method = method
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Fake-IP", ip)
		return r
	}
	const jsonType = "application/json; charset=utf-8"
	card := func(elements string) string {
		return signed(now.Unix(), "demo", `{"msg_type":"interactive","card":{"elements":[`+elements+`]}}`)
	}
	steps := []struct {
		name   string
		before func()
		req    *http.Request
		want   answer
	}{
		{"path", nil, req("GET", "/open-apis/bot/v3/hook/x", "", "text/plain", ""), answer{404, 99991201, "resource not find"}},
		{"method", nil, req("GET", "/open-apis/bot/v2/hook/x?q", "", "text/plain", ""), answer{405, 99991301, "request method doesn't match"}},
		{"token", nil, req("POST", "/open-apis/bot/v2/hook/x", "{", "text/plain", ""), answer{200, 19001, "param invalid: incoming webhook access token invalid"}},
		{"query", nil, req("POST", bot.Path()+"?a=b", "{", "text/plain", ""), answer{200, 19001, "param invalid: incoming webhook access token invalid"}},
		{"disabled", nil, req("POST", bot.Path(), strings.Repeat("x", 1001), "text/plain", ""), answer{200, 19007, "Bot Not Enabled"}},
		{"size", func() { bot.Configure(func(o *feishutest.Options) { o.Disabled = false }) },
			req("POST", bot.Path(), strings.Repeat("x", 1001), "text/plain", ""), answer{400, 9499, "Bad Request"}},
		{"type", nil, req("POST", bot.Path(), "{}", "text/plain", ""), answer{400, 9499, "Bad Request"}},
		{"json", nil, req("POST", bot.Path(), `{"a":1,"a":2}`, jsonType, ""), answer{400, 9499, "Bad Request"}},
		{"ip", nil, req("POST", bot.Path(), `{}`, jsonType, "10.1.3.4"), answer{200, 19022, "Ip Not Allowed"}},
		{"no sign", nil, req("POST", bot.Path(), `{}`, jsonType, "10.1.2.4"), answer{200, 19021, "sign match fail or timestamp is not within one hour from current time"}},
		{"msg_type", nil, req("POST", bot.Path(), signed(now.Unix(), "demo", `{"x":1}`), jsonType, "10.1.2.4"), answer{200, 19002, "params error, msg_type need"}},
		{"envelope", nil, req("POST", bot.Path(), signed(now.Unix(), "demo", `{"msg_type":"interactive","card":"{}"}`), jsonType, "10.1.2.4"), answer{200, 19002, "params error, unknown card value"}},
		{"content", nil, req("POST", bot.Path(), signed(now.Unix(), "demo", `{"msg_type":"post","content":{"post":{}}}`), jsonType, "10.1.2.4"), answer{400, 9499, "Bad Request: fail to parse content"}},
		{"keyword", nil, req("POST", bot.Path(), card(`{"tag":"divider"}`), jsonType, "10.1.2.4"), answer{200, 19024, "Key Words Not Found"}},
		{"card", nil, req("POST", bot.Path(), card(`{"tag":"divider","text":"edge"}`), jsonType, "10.1.2.4"), answer{200, 11246, "ErrCode: 11310; ErrMsg: unsupported type of block; ErrorValue: divider; "}},
		{"at all", nil, req("POST", bot.Path(), card(`{"tag":"markdown","content":"edge <at id=all></at> 13800000000"}`), jsonType, "10.1.2.4"), answer{200, 11235, "this group is set to only admin can mention @All"}},
		{"dlp", nil, req("POST", bot.Path(), card(`{"tag":"markdown","content":"edge 13800000000"}`), jsonType, "10.1.2.4"), answer{200, 11248, "message is sensitive"}},
		{"pass", nil, req("POST", bot.Path(), card(`{"tag":"markdown","content":"edge"}`), jsonType, "10.1.2.4"), answer{200, 0, "success"}},
		{"limit stands before the ip", nil, req("POST", bot.Path(), card(`{"tag":"markdown","content":"edge"}`), jsonType, "10.9.9.9"),
			answer{200, 11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"}},
	}
	for _, step := range steps {
		if step.before != nil {
			step.before()
		}
		if got, _ := send(t, step.req); got != step.want {
			t.Fatalf("%s: %+v, want %+v", step.name, got, step.want)
		}
	}
	if n, m := len(bot.Answers()), len(bot.Messages()); n != len(steps) || m != 1 {
		t.Errorf("%d answers and %d messages, want %d and 1", n, m, len(steps))
	}
}

func TestSignWindow(t *testing.T) {
	bot := start(t, feishutest.Options{Secret: "demo", PerSecond: feishutest.Off, PerMinute: feishutest.Off})
	text := `{"msg_type":"text","content":{"text":"x"}}`
	for name, tt := range map[string]struct {
		body string
		want int
	}{
		"now":           {signed(now.Unix(), "demo", text), 0},
		"an hour ago":   {signed(now.Unix()-3600, "demo", text), 0},
		"an hour ahead": {signed(now.Unix()+3600, "demo", text), 0},
		"too old":       {signed(now.Unix()-3601, "demo", text), 19021},
		"too new":       {signed(now.Unix()+3601, "demo", text), 19021},
		"1970":          {signed(60, "demo", text), 19021},
		"milliseconds":  {signed(now.UnixMilli(), "demo", text), 19021},
		"wrong secret":  {signed(now.Unix(), "Demo", text), 19021},
		"unsigned":      {text, 19021},
		"a number": {strings.Replace(signed(now.Unix(), "demo", text), strconv.Quote(strconv.FormatInt(now.Unix(), 10)),
			strconv.FormatInt(now.Unix(), 10), 1), 0},
	} {
		if got := post(t, bot, tt.body); got.Code != tt.want {
			t.Errorf("%s: code %d, want %d", name, got.Code, tt.want)
		}
	}
	bot.SetOffset(-2 * time.Hour)
	_, header := send(t, request(t, bot.URL, signed(now.Unix(), "demo", text)))
	if got, want := header.Get("Date"), now.Add(-2*time.Hour).Format(http.TimeFormat); got != want {
		t.Errorf("Date %q, want %q: it follows the bot's clock", got, want)
	}
	if header.Get("X-Tt-Logid") == "" {
		t.Error("no log id")
	}
}

func TestSuccessShapes(t *testing.T) {
	for shape, want := range map[feishutest.SuccessShape]string{
		feishutest.ShapeBoth:           `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`,
		feishutest.ShapeStatusCodeOnly: `{"Extra":null,"StatusCode":0,"StatusMessage":"success"}`,
		feishutest.ShapeCodeOnly:       `{"code":0,"msg":"success","data":{}}`,
	} {
		bot := start(t, feishutest.Options{Success: shape})
		resp, err := http.DefaultClient.Do(request(t, bot.URL, plainCard))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		if err != nil || string(raw) != want {
			t.Errorf("%q, %v, want %q", raw, err, want)
		}
		resp.Body.Close()
	}
}

func TestWaitMessages(t *testing.T) {
	bot := start(t, feishutest.Options{})
	go func() {
		for range 2 {
			resp, err := http.Post(bot.URL, "application/json", bytes.NewReader([]byte(plainCard)))
			if err != nil {
				return // WaitMessages will say so
			}
			_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
			resp.Body.Close()
		}
	}()
	messages, err := bot.WaitMessages(t.Context(), 2)
	if err != nil || len(messages) != 2 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	got := messages[1]
	want := feishutest.Message{N: 2, Received: now, MsgType: "interactive", Schema: "2.0", Summary: "edge", Title: "edge",
		Texts: []string{"hello"}, Mentions: []string{}, Links: []string{}, Warnings: []string{}, Raw: json.RawMessage(plainCard)}
	if got.WireOut < int64(len(plainCard)) || got.WireIn == 0 {
		t.Errorf("wire bytes %d out, %d in", got.WireOut, got.WireIn)
	}
	got.WireOut, got.WireIn, got.Blocks, got.Parsed = 0, 0, nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got)\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := bot.WaitMessages(ctx, 3); err == nil {
		t.Error("waited for a third message and found it")
	}
	bot.Reset()
	if n := len(bot.Messages()) + len(bot.Answers()); n != 0 {
		t.Errorf("%d left after Reset", n)
	}
}

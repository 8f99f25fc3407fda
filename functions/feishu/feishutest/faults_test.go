package feishutest_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/google/go-cmp/cmp"
)

// outcome is what a client sees: an answer, or that there was none.
type outcome struct {
	Status    int
	Body      string
	Broken    bool
	Delivered bool
}

func observe(t *testing.T, bot *feishutest.Bot, rt http.RoundTripper, url string) outcome {
	t.Helper()
	before := len(bot.Messages())
	var out outcome
	resp, err := rt.RoundTrip(request(t, url, plainCard))
	if err == nil {
		raw, readErr := io.ReadAll(resp.Body)
		resp.Body.Close()
		out.Status, out.Body, err = resp.StatusCode, string(raw), readErr
	}
	out.Broken = err != nil
	out.Delivered = len(bot.Messages()) > before
	return out
}

const successBody = `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`

// TestFaultKinds runs each fault over the network and in process: both ways
// must look the same.
func TestFaultKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		fault feishutest.Fault
		want  outcome
	}{
		"none":              {feishutest.NoFault(), outcome{200, successBody, false, true}},
		"accept then reset": {feishutest.AcceptThenReset(), outcome{0, "", true, true}},
		"accept then hang":  {feishutest.AcceptThenHang(time.Millisecond), outcome{0, "", true, true}},
		"reset before read": {feishutest.ResetBeforeRead(), outcome{0, "", true, false}},
		"slow":              {feishutest.SlowResponse(100000), outcome{200, successBody, false, true}},
		"truncated":         {feishutest.TruncateBody(12), outcome{200, successBody[:12], true, true}},
		"502":               {feishutest.HTTP502HTML(), outcome{502, "<html><head><title>502 Bad Gateway</title></head></html>", false, false}},
		"portal":            {feishutest.CaptivePortal(), outcome{302, "<html><body>Log in</body></html>", false, false}},
		"empty":             {feishutest.Empty200(), outcome{200, "", false, false}},
		"no code":           {feishutest.JSONWithoutCode(), outcome{200, "{}", false, false}},
		"status code only":  {feishutest.StatusCodeOnlySuccess(), outcome{200, `{"Extra":null,"StatusCode":0,"StatusMessage":"success"}`, false, true}},
		"code":              {feishutest.Code(2200, "internal error", 500), outcome{500, `{"code":2200,"data":{},"msg":"internal error"}`, false, false}},
		"code, 200":         {feishutest.Code(2200, "internal error", 0), outcome{200, `{"code":2200,"data":{},"msg":"internal error"}`, false, false}},
		"status":            {feishutest.Status(429, "Retry-After", "3"), outcome{429, "", false, false}},
		"gzip":              {feishutest.GzipResponse(), outcome{200, "", false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			bot := start(t, feishutest.Options{})
			network := &http.Transport{DisableCompression: true}
			defer network.CloseIdleConnections()
			for way, rt := range map[string]http.RoundTripper{"network": network, "in process": bot.Transport()} {
				bot.Script(tt.fault)
				got := observe(t, bot, rt, bot.URL)
				if tt.fault.Kind == "gzip_response" {
					if unpacked := unpack(t, got.Body); unpacked != successBody {
						t.Errorf("%s: %q, want %q", way, unpacked, successBody)
					}
					got.Body = ""
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s (-want +got)\n%s", way, diff)
				}
				if again := observe(t, bot, rt, bot.URL); !again.Delivered || again.Broken {
					t.Errorf("%s: the fault lasts: %+v", way, again)
				}
			}
			if n := len(bot.Answers()); n != 4 {
				t.Errorf("%d answers recorded, want 4", n)
			}
		})
	}
}

func unpack(t *testing.T, packed string) string {
	t.Helper()
	zr, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestScripts(t *testing.T) {
	bot := start(t, feishutest.Options{PerSecond: feishutest.Off, PerMinute: feishutest.Off, Seed: 1})
	bot.Script(feishutest.NoFault(), feishutest.HTTP502HTML())
	bot.Always(feishutest.Empty200())
	var got []int
	for range 4 {
		o := observe(t, bot, bot.Transport(), bot.URL)
		got = append(got, o.Status)
		if o.Status == 200 && o.Delivered != (len(got) == 1) {
			t.Errorf("request %d delivered: %t", len(got), o.Delivered)
		}
	}
	if diff := cmp.Diff([]int{200, 502, 200, 200}, got); diff != "" {
		t.Errorf("script, then always (-want +got)\n%s", diff)
	}
	bot.Reset()
	bot.ScriptRandom(200, 0.3, feishutest.HTTP502HTML())
	failed := 0
	for range 200 {
		if observe(t, bot, bot.Transport(), bot.URL).Status == 502 {
			failed++
		}
	}
	if failed < 40 || failed > 80 {
		t.Errorf("%d of 200 failed, want about 60", failed)
	}
	if err := (feishutest.Fault{Kind: "meteor"}).Validate(); err == nil {
		t.Error("an unknown fault is valid")
	}
}

func TestOutage(t *testing.T) {
	bot := start(t, feishutest.Options{PerSecond: feishutest.Off})
	network := &http.Transport{}
	defer network.CloseIdleConnections()
	ways := map[string]http.RoundTripper{"network": network, "in process": bot.Transport()}
	check := func(what string, down bool) {
		t.Helper()
		for way, rt := range ways {
			if got := observe(t, bot, rt, bot.URL); got.Broken != down || got.Delivered == down {
				t.Errorf("%s, %s: %+v", what, way, got)
			}
		}
	}
	check("before", false)
	bot.Outage(true)
	check("in the outage", true)
	bot.Outage(false)
	check("after", false)
	bot.OutageBetween(now.Add(time.Hour), now.Add(2*time.Hour))
	check("ahead of the planned one", false)
	bot.SetOffset(time.Hour)
	check("in the planned one", true)
	bot.Reset()
	if _, err := bot.Transport().RoundTrip(request(t, bot.URL, plainCard)); err != nil {
		t.Errorf("after Reset: %v", err)
	}
	bot.Outage(true)
	if _, err := bot.Transport().RoundTrip(request(t, bot.URL, plainCard)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("in process: %v, want a refused connection", err)
	}
}

// TestBubble: the bot keeps the bubble's time.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot := feishutest.NewBot(feishutest.Options{})
		bot.Script(feishutest.AcceptThenHang(time.Hour))
		begin := time.Now()
		if got := observe(t, bot, bot.Transport(), "http://bot"+bot.Path()); !got.Broken || !got.Delivered {
			t.Errorf("%+v", got)
		}
		if d := time.Since(begin); d != time.Hour {
			t.Errorf("hung for %v, want 1h", d)
		}
	})
}

func TestCloseAfterAndBandwidth(t *testing.T) {
	bot := start(t, feishutest.Options{CloseAfter: 2})
	addr := strings.TrimPrefix(strings.TrimSuffix(bot.URL, bot.Path()), "http://")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw := "POST " + bot.Path() + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
	if _, err := io.WriteString(conn, raw+raw); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn) // ends only because the bot closes
	if n := strings.Count(string(got), "msg_type need"); n != 2 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d answers before the end, %v", n, err)
	}
	slow := start(t, feishutest.Options{Bandwidth: 4000})
	begin := time.Now()
	if got := observe(t, slow, http.DefaultTransport, slow.URL); !got.Delivered {
		t.Errorf("%+v", got)
	}
	out, in := slow.Traffic()
	if least := time.Duration(out+in) * time.Second / 4000 / 2; time.Since(begin) < least {
		t.Errorf("%d bytes took %v at 4000 a second, want at least %v", out+in, time.Since(begin), least)
	}
}

func TestStrictJSON(t *testing.T) {
	bot := start(t, feishutest.Options{})
	for name, body := range map[string]string{
		"key twice":       `{"msg_type":"text","msg_type":"post"}`,
		"behind":          plainCard + "x",
		"two":             plainCard + plainCard,
		"escape raw":      "{\"msg_type\":\"text\",\"content\":{\"text\":\"\x1b[31m\"}}",
		"newline raw":     "{\"msg_type\":\"text\",\"content\":{\"text\":\"a\nb\"}}",
		"not UTF-8":       "{\"msg_type\":\"text\",\"content\":{\"text\":\"\xff\"}}",
		"array":           `[]`,
		"null":            `null`,
		"empty":           ``,
		"cut":             plainCard[:50],
		"nested too deep": strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200),
	} {
		if got := post(t, bot, body); got != (answer{400, 9499, "Bad Request"}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	bot.Configure(func(o *feishutest.Options) { o.MalformedAs200 = true })
	if got := post(t, bot, "{"); got != (answer{200, 9499, "Bad Request"}) {
		t.Errorf("as 200: %+v", got)
	}
	if !json.Valid([]byte(successBody)) {
		t.Error("the success is not JSON")
	}
}

package feishutest_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// shared serves bot and console on one address and returns its base.
func shared(t *testing.T, opts feishutest.Options) (*feishutest.Bot, string) {
	t.Helper()
	bot := feishutest.NewBot(opts)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bot.URL = bot.AddressOn(ln)
	done := make(chan error, 1)
	go func() { done <- bot.Serve(ln, bot.Console()) }()
	t.Cleanup(func() {
		bot.Close()
		if err := <-done; err != http.ErrServerClosed {
			t.Errorf("Serve: %v", err)
		}
	})
	return bot, "http://" + ln.Addr().String()
}

func do(t *testing.T, method, url, body string, header ...string) (int, string) {
	t.Helper()
	req := request(t, url, body)
	req.Method = method
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func TestConsole(t *testing.T) {
	bot, base := shared(t, feishutest.Options{})
	state := func() (s feishutest.State) {
		t.Helper()
		_, raw := do(t, "GET", base+"/control/state", "")
		if err := json.Unmarshal([]byte(raw), &s); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		return s
	}
	for _, step := range []struct {
		path, body string
		want       int
	}{
		{"faults", `[{"kind":"http_502_html"}]`, 200},
		{"faults", `[{"kind":"meteor"}]`, 400},
		{"faults", `{"kind":"http_502_html"}`, 400},
		{"always", `{"kind":"none"}`, 200},
		{"clock", `{"offset":"-3h"}`, 200},
		{"clock", `{"offset":"late"}`, 400},
		{"outage", `{}`, 400},
		{"bot", `{"disabled":false,"keywords":["edge"]}`, 200},
		{"bot", `x`, 400},
	} {
		if got, raw := do(t, "POST", base+"/control/"+step.path, step.body); got != step.want {
			t.Errorf("%s %s: HTTP %d %s, want %d", step.path, step.body, got, raw, step.want)
		}
	}
	if got, _ := do(t, "POST", bot.URL, plainCard); got != 502 {
		t.Errorf("scripted fault: HTTP %d", got)
	}
	if _, raw := do(t, "POST", bot.URL, strings.Replace(plainCard, "edge", "else", 1)); !strings.Contains(raw, "19024") {
		t.Errorf("without the keyword: %s", raw)
	}
	if _, raw := do(t, "POST", bot.URL, plainCard); raw != successBody {
		t.Errorf("%s", raw)
	}
	if got, _ := do(t, "POST", base+"/control/outage", `{"on":true}`); got != 200 {
		t.Errorf("outage: HTTP %d", got)
	}
	if got, _ := do(t, "POST", bot.URL, plainCard); got != 0 {
		t.Errorf("in the outage: HTTP %d", got)
	}
	s := state() // still reachable
	if s.Messages != 1 || s.Requests != 3 || !s.Outage || s.ClockOffset != "-3h0m0s" || s.Refused["keyword"] != 1 || s.Refused["http_502_html"] != 1 {
		t.Errorf("state %+v", s)
	}
	_, raw := do(t, "GET", base+"/control/messages", "")
	var messages []feishutest.Message
	if err := json.Unmarshal([]byte(raw), &messages); err != nil || len(messages) != 1 || messages[0].Title != "edge" {
		t.Errorf("messages %s, %v", raw, err)
	}
	if _, raw := do(t, "GET", base+"/control/messages?after=1", ""); strings.TrimSpace(raw) != "[]" {
		t.Errorf("messages after the last: %s", raw)
	}
	if got, _ := do(t, "POST", base+"/control/reset", ""); got != 200 || state().Requests != 0 {
		t.Errorf("reset: HTTP %d, %+v", got, state())
	}
	if got, _ := do(t, "POST", base+"/control/reset", "", "Sec-Fetch-Site", "cross-site"); got != http.StatusForbidden {
		t.Errorf("a foreign page drove the bot: HTTP %d", got)
	}
}

// TestPage: what a sender wrote stays text.
func TestPage(t *testing.T) {
	bot, base := shared(t, feishutest.Options{})
	const evil = `<script>alert(1)</script>"><img src=x>`
	card := v2(div("plain_text", evil), oneTable, nested(2, div("plain_text", "deep")),
		`{"tag":"div","text":{"tag":"plain_text","content":"long","lines":2}}`,
		`{"tag":"button","text":{"tag":"plain_text","content":"go"},"behaviors":[{"type":"open_url","default_url":"https://ok.example/?a=\"><b>"}]}`)
	card = strings.Replace(card, `"body"`, `"header":{"template":"red\" onload=","title":{"tag":"plain_text","content":"T"}},"body"`, 1)
	if _, raw := do(t, "POST", bot.URL, `{"msg_type":"interactive","card":`+strings.ReplaceAll(card, evil, strings.ReplaceAll(evil, `"`, `\"`))+`}`); raw != successBody {
		t.Fatal(raw)
	}
	if _, raw := do(t, "POST", bot.URL, `{"msg_type":"interactive"}`); !strings.Contains(raw, "19002") {
		t.Fatal(raw)
	}
	got, page := do(t, "GET", base+"/", "")
	if got != 200 || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
		t.Fatalf("HTTP %d, ends %q", got, page[max(0, len(page)-40):])
	}
	for _, want := range []string{"&lt;script&gt;", "<details", "<th>A</th>", "--lines:2", `http-equiv="refresh"`, "19002", "c-default"} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	for _, evil := range []string{"<script", "<img", "onload=\"", "ZgotmplZ", "http://"} {
		if strings.Contains(page, evil) {
			t.Errorf("page holds %q", evil)
		}
	}
	if _, page := do(t, "GET", base+"/?refresh=0", ""); strings.Contains(page, `http-equiv="refresh"`) {
		t.Error("refresh=0 still refreshes")
	}
	if got, raw := do(t, "GET", base+"/nothing", ""); got != 404 {
		t.Errorf("HTTP %d %s", got, raw)
	}
}

// page renders the page without a network.
func page(t *testing.T, bot *feishutest.Bot) string {
	t.Helper()
	w := httptest.NewRecorder()
	bot.Console().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("page: HTTP %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

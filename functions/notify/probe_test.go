package notify

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// probe asks a stand-in bot, which has the keyword edgebell and testSecret
// unless opts says else.
func probe(t *testing.T, bot *feishutest.Bot, url, language string, change func(*feishu.Config), opts ...feishu.Option) Diagnosis {
	t.Helper()
	cfg := feishu.Config{URL: url, Secret: testSecret, Keyword: "edgebell", MaxPerMinute: 20}
	if change != nil {
		change(&cfg)
	}
	looks := card.Config{Language: language}
	cards, err := card.New(looks, card.Options{Keyword: cfg.Keyword, Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := feishu.New(cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	d := Check(t.Context(), Route{
		Kind: ChannelFeishu, Channel: NewFeishu(cards, client, nil), PerMinute: cfg.MaxPerMinute,
		Signed: cfg.Secret != "", Keyed: cfg.Keyword != "", Card: looks,
	}, time.Now)
	if both := d.String() + d.Error; strings.Contains(both, testToken) || strings.Contains(both, testSecret) {
		t.Errorf("the diagnosis shows a secret: %s", both)
	}
	if d.OK != (len(bot.Messages()) == 1) && d.Kind != "lost" {
		t.Errorf("ok is %v, %d messages arrived", d.OK, len(bot.Messages()))
	}
	return d
}

func TestEveryDiagnosis(t *testing.T) {
	noSecret := func(c *feishu.Config) { c.Secret = "" }
	noKeyword := func(c *feishu.Config) { c.Keyword = "" }
	otherSecret := func(c *feishu.Config) { c.Secret = "other-secret-0123" }
	refuseCard := feishutest.Code(11246, "ErrCode: 200621; ErrMsg: parse card json err", 200)
	for _, tc := range []struct {
		kind   string
		code   int
		change func(*feishu.Config)
		bot    func(*feishutest.Options)
		fault  feishutest.Fault
		script []feishutest.Fault
		off    time.Duration
		outage bool
		says   string // part of the English words
	}{
		{kind: "ok", says: "in the group"},
		{kind: "ok_clock", off: 3 * time.Hour, says: "off by 3 h; the signature was made with the bot's time"},
		{kind: "ok_clock", off: -3 * time.Hour, says: "off by 3 h"},
		{kind: "ok_simpler", script: []feishutest.Fault{refuseCard}, says: "refuses cards in the form 2.0: it took 1.0"},
		{kind: "token", code: 19001, change: func(c *feishu.Config) { c.URL = strings.Replace(c.URL, testToken[:8], "99999999", 1) }, says: "FEISHU_WEBHOOK_URL"},
		{kind: "disabled", code: 19007, bot: func(o *feishutest.Options) { o.Disabled = true }, says: "disabled"},
		{kind: "signature", code: 19021, change: otherSecret, says: "clock is right"},
		{kind: "signature_after_clock", code: 19021, change: otherSecret, off: 3 * time.Hour, says: "off by 3 h, but signed with the bot's time it was refused as well"},
		{kind: "signature_or_clock", code: 19021, change: otherSecret, bot: func(o *feishutest.Options) { o.NoDate = true }, says: "cannot be told which"},
		{kind: "signature_or_clock", code: 19021, off: 3 * time.Hour, bot: func(o *feishutest.Options) { o.NoDate = true }, says: "off by more than an hour"},
		{kind: "signature_missing", code: 19021, change: noSecret, says: "FEISHU_SECRET is not set"},
		{kind: "address", code: 19022, bot: func(o *feishutest.Options) { o.IPAllow = []string{"203.0.113.7"} }, says: "allow list"},
		{kind: "keyword_missing", code: 19024, change: noKeyword, bot: func(o *feishutest.Options) { o.Keywords = []string{"alarm"} }, says: "FEISHU_KEYWORD is not set"},
		{kind: "keyword", code: 19024, bot: func(o *feishutest.Options) { o.Keywords = []string{"alarm"} }, says: "not one of the bot's keywords"},
		{kind: "gone", code: 11205, fault: feishutest.Code(11205, "app do not have bot", 200), says: "gone"},
		{kind: "limited", code: 11232, fault: feishutest.Code(11232, "frequency limited psm", 200), says: "FEISHU_MAX_PER_MINUTE"},
		{kind: "limited", code: 9499, fault: feishutest.Code(9499, "too many request", 400), says: "limited"},
		{kind: "limited", fault: feishutest.Status(429), says: "limited"},
		{kind: "busy", code: 2200, fault: feishutest.Code(2200, "internal error", 500), says: "Feishu has trouble"},
		{kind: "busy", fault: feishutest.HTTP502HTML(), says: "Feishu has trouble"},
		{kind: "card", code: 11246, fault: refuseCard, says: "in every form"},
		{kind: "no_bot_here", fault: feishutest.Status(404), says: "no bot at this address"},
		{kind: "no_bot_here", code: 99991201, fault: feishutest.Code(99991201, "resource not find", 404), says: "no bot"},
		{kind: "portal", fault: feishutest.CaptivePortal(), says: "log-in page"},
		{kind: "proxy", fault: feishutest.Status(407), says: "HTTPS_PROXY"},
		{kind: "lost", fault: feishutest.AcceptThenReset(), says: "may have arrived"},
		{kind: "lost", fault: feishutest.Empty200(), says: "may have arrived"},
		{kind: "connection_refused", outage: true, says: "refused"},
		{kind: "unknown", code: 4711, fault: feishutest.Code(4711, "what?", 200), says: "nobody has seen"},
	} {
		for _, language := range []string{"en", "zh"} {
			t.Run(tc.kind+"/"+language, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(27 * 365 * 24 * time.Hour) // a bubble begins in 2000
					opts := feishutest.Options{Token: testToken, Secret: testSecret, Keywords: []string{"edgebell"}}
					if tc.bot != nil {
						tc.bot(&opts)
					}
					bot := feishutest.NewBot(opts)
					bot.Script(tc.script...)
					bot.Always(tc.fault)
					bot.SetOffset(tc.off)
					bot.Outage(tc.outage)
					d := probe(t, bot, "http://127.0.0.1"+bot.Path(), language, tc.change, feishu.WithTransport(bot.Transport()))
					if d.Kind != tc.kind || d.Code != tc.code || language == "en" && !strings.Contains(d.Says+d.Do, tc.says) {
						t.Errorf("diagnosis %+v, want %s %d with %q", d, tc.kind, tc.code, tc.says)
					}
					if strings.Contains(d.String(), "%") || d.Says == "" || !d.OK && (d.Do == "" || d.Error == "") {
						t.Errorf("says %q", d.String())
					}
				})
			})
		}
	}
}

// TestDiagnosesOfTLS has a real handshake to fail.
func TestDiagnosesOfTLS(t *testing.T) {
	day := 24 * time.Hour
	for _, tc := range []struct {
		kind     string
		from, to time.Duration // of the certificate, from now
		trusted  bool
	}{
		{"ok", -day, day, true},
		{"certificate", -day, day, false},
		{"certificate_time", -9 * day, -day, true},
		{"certificate_time", day, 9 * day, true},
	} {
		bot := feishutest.NewBot(feishutest.Options{Token: testToken, CertNotBefore: time.Now().Add(tc.from), CertNotAfter: time.Now().Add(tc.to)})
		bot.StartTLS()
		var opts []feishu.Option
		if tc.trusted {
			opts = append(opts, feishu.WithRootCAs(bot.CertPool()))
		}
		if d := probe(t, bot, bot.URL, "en", nil, opts...); d.Kind != tc.kind {
			t.Errorf("diagnosis %+v, want %s", d, tc.kind)
		}
		bot.Close()
	}
}

func TestDiagnosisOfAHostThatIsNotThere(t *testing.T) {
	bot := feishutest.NewBot(feishutest.Options{Token: testToken})
	d := probe(t, bot, "https://no-such-host.invalid/open-apis/bot/v2/hook/"+testToken, "en", nil)
	if d.Kind != "dns" {
		t.Errorf("diagnosis %+v, want dns", d)
	}
}

// TestWords holds that every diagnosis is there in both languages.
func TestWords(t *testing.T) {
	for kind, w := range diagnoses {
		for i := range w {
			if w[i].says == "" || (w[i].do == "") != (kind == "ok" || kind == "printed" || kind == "delivered") {
				t.Errorf("%s, language %d: %+v", kind, i, w[i])
			}
		}
	}
}

func postTest(h http.Handler, header map[string]string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "/test", nil)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

// TestPostTest goes through the way out while it is backing off, and sets it
// going again.
func TestPostTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBotHarness(t, feishutest.Options{Secret: testSecret, Disabled: true})
		h.f.out[0].Kind, h.f.out[0].Signed = ChannelFeishu, true
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(time.Hour + 3*time.Minute) // the next try is minutes away
		rec := postTest(h.f.Handler(), map[string]string{"Accept": "application/json"})
		var d Diagnosis
		if err := json.Unmarshal(rec.Body.Bytes(), &d); err != nil || rec.Code != http.StatusBadGateway || d.Kind != "disabled" || d.Code != 19007 {
			t.Errorf("answered %d %s", rec.Code, rec.Body)
		}
		h.bot.Configure(func(o *feishutest.Options) { o.Disabled = false })
		rec = postTest(h.f.Handler(), nil)
		if rec.Code != http.StatusOK || !strings.HasPrefix(rec.Body.String(), "成功") {
			t.Errorf("answered %d %s", rec.Code, rec.Body)
		}
		time.Sleep(time.Second)
		if m := h.bot.Messages(); len(m) != 2 || m[0].Title != "Edgebell 测试消息" || !strings.Contains(m[1].Title, "app-1") {
			t.Errorf("%d messages, want the test and at once the story that waited", len(m))
		}
		if st := h.f.Status(); st.Usage.Today == 0 || st.Link.State != LinkUp {
			t.Errorf("status %+v, want bytes and a link that is up", st)
		}
	})
}

func TestPostTestIsGuarded(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.SinkToken = "sesame-0123456789" })
	defer func() { _ = h.l.Close() }()
	for _, tc := range []struct {
		header map[string]string
		want   int
	}{
		{nil, 401},
		{map[string]string{"Authorization": "Bearer wrong"}, 401},
		{map[string]string{"Authorization": "Bearer sesame-0123456789", "Sec-Fetch-Site": "cross-site"}, 403},
	} {
		if rec := postTest(h.f.Handler(), tc.header); rec.Code != tc.want {
			t.Errorf("%v answered %d, want %d", tc.header, rec.Code, tc.want)
		}
	}
	h.f.testing.Lock()
	if rec := postTest(h.f.Handler(), map[string]string{"Authorization": "Bearer sesame-0123456789"}); rec.Code != 429 {
		t.Errorf("a second test answered %d, want 429", rec.Code)
	}
}

func TestPostTestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		defer func() { _ = h.l.Close() }()
		h.f.log = slog.New(slog.DiscardHandler)
		// Nobody drives the way out.
		if rec := postTest(h.f.Handler(), nil); rec.Code != http.StatusBadGateway || !strings.Contains(rec.Body.String(), "限流") {
			t.Errorf("answered %d %s", rec.Code, rec.Body)
		}
	})
}

package notify

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/functions/ledger"
)

// pageHarness serves the page over the real cards.
func pageHarness(t *testing.T, change func(*Config)) *harness {
	t.Helper()
	h := newHarness(t, func(c *Config) {
		c.Page = pageOn
		if change != nil {
			change(c)
		}
	})
	cards, err := card.New(h.f.cfg.Card, card.Options{Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	h.f = New(h.f.cfg, h.l, single(NewLog(cards, io.Discard)), WithLogger(h.f.log))
	return h
}

func getPage(h *harness, path string, header map[string]string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	rec := httptest.NewRecorder()
	h.f.Handler().ServeHTTP(rec, req)
	return rec
}

func TestPageIsOffByDefault(t *testing.T) {
	h := newHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	if rec := getPage(h, "/", nil); rec.Code != http.StatusNotFound {
		t.Errorf("answered %d, want 404", rec.Code)
	}
}

func TestPageIsGuarded(t *testing.T) {
	const token = "sesame-0123456789"
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	h := pageHarness(t, func(c *Config) { c.SinkToken = token })
	defer func() { _ = h.l.Close() }()
	for header, want := range map[string]int{
		"": 401, basic("me:" + token): 200, basic(":" + token): 200, basic("me:wrong"): 401, basic(token): 401, "Bearer " + token: 200, "Bearer x": 401, "Basic !!": 401,
	} {
		rec := getPage(h, "/", map[string]string{"Authorization": header})
		if rec.Code != want || strings.Contains(rec.Body.String(), token) {
			t.Errorf("Authorization %q answered %d, want %d", header, rec.Code, want)
		}
		if header == "" && !strings.HasPrefix(rec.Header().Get("Www-Authenticate"), "Basic") {
			t.Errorf("a browser is not asked for a password: %v", rec.Header())
		}
	}
}

// TestPageTellsWhatIsGoingOn in both languages, with a link that is down.
func TestPageTellsWhatIsGoingOn(t *testing.T) {
	for language, wants := range map[string][]string{
		"zh": {"集群 pi", "链路断开", "待送达", "1 组", "最近的错误", "no route to host", "下次尝试", "Failed", "待发 7 次", "已送达", "可能有遗漏", "事件源停机太久", "未能保留", "no_room 3", "预算 500 kB/天", "edge · watch", "未连接"},
		"en": {"cluster pi", "link is down", "Waiting", "1 groups", "Last error", "next try", "7 to tell", "delivered", "may have missed events", "no_room 3", "budget 500 kB a day", "edge · watch", "not connected"},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := pageHarness(t, func(c *Config) { c.Card.Language = language; c.BudgetPerDay = 500_000 })
			defer func() { _ = h.l.Close() }()
			h.happen(t, 1, 3)
			h.happen(t, 2, 7)
			groups, err := h.l.Groups()
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range groups {
				if g.Newest.Name == "app-1" {
					if err := h.l.Delivered(t.Context(), "default", []ledger.Mark{ledger.MarkOf(g)}, ledger.Notices{}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := errors.Join(h.l.AddGap(ledger.Gap{From: time.Now().Add(-time.Hour), To: time.Now(), Why: ledger.GapSourceDown}), h.l.AddDropped("no_room", 3)); err != nil {
				t.Fatal(err)
			}
			h.f.out[0].link.down(h.f.log, offline().(*SendError), offlineFirst, offlineMost)
			status := sourceStatus{Cluster: "edge"}
			status.Boot, status.Sequence, status.Origin, status.IntervalSeconds = "b", 1, "watch", 60
			if err := h.f.sources.observe(status); err != nil {
				t.Fatal(err)
			}
			body := getPage(h, "/", nil).Body.String()
			for _, want := range wants {
				if !strings.Contains(body, want) {
					t.Errorf("%s: the page lacks %q", language, want)
				}
			}
			wellFormed(t, body)
			if n := strings.Count(body, `class="bubble"`); n != 2 {
				t.Errorf("%d previews, want 2", n)
			}
			if !strings.Contains(body, `http-equiv="refresh"`) || strings.Contains(getPage(h, "/?refresh=0", nil).Body.String(), `http-equiv="refresh"`) {
				t.Error("the page must refresh itself, but not with refresh=0")
			}
		})
	}
}

var void = regexp.MustCompile(`<(meta|hr)( [^>]*)?>`)

// wellFormed holds that every tag is closed, and that none is there that could
// load or run anything.
func wellFormed(t *testing.T, body string) {
	t.Helper()
	doc := void.ReplaceAllString(strings.TrimPrefix(body, "<!doctype html>"), `<$1$2/>`)
	doc = strings.ReplaceAll(doc, "<style>"+pageCSS+"</style>", "<style></style>")
	dec := xml.NewDecoder(strings.NewReader(doc))
	dec.Entity = xml.HTMLEntity
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v\n%s", err, doc)
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "script", "img", "iframe", "link", "object", "embed", "form", "input", "svg", "base":
			t.Errorf("element %s", e.Name.Local)
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "style" || a.Name.Local == "src" {
				t.Errorf("attribute %s=%q of %s", a.Name.Local, a.Value, e.Name.Local)
			}
			if a.Name.Local == "href" && !strings.HasPrefix(a.Value, "?") && !strings.HasPrefix(a.Value, "https://runbook.example/") {
				t.Errorf("a link to %q", a.Value)
			}
		}
	}
}

// TestHostileTextOnThePage puts markup into every field that comes from
// elsewhere, on every kind of card.
func TestHostileTextOnThePage(t *testing.T) {
	const custom = `{"header":{"title":{"tag":"plain_text","content":"{{.Name}}"}},"elements":[{"tag":"div","text":{"tag":"plain_text","content":"{{.Message}}"}},{"tag":"markdown","content":"**x**"},{"tag":"img","img_key":"k"}]}`
	for _, evil := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onload='x`, "</style></article></main>", "javascript:alert(1)", "\x00\xff<b", "&lt;&#60;"} {
		for _, cfg := range []card.Config{{Schema: card.V2}, {Schema: card.V1}, {Schema: card.Post}, {Template: custom}} {
			h := pageHarness(t, func(c *Config) {
				c.Card = cfg
				c.Card.Title = "<i>" + evil
				c.Card.RunbookURL = "https://runbook.example/{{.Reason}}"
				c.Cluster = evil
			})
			now := time.Now()
			a := alert.Alert{Cluster: evil, Namespace: evil, Kind: evil, Name: evil, Type: evil, Reason: evil, Component: evil, Node: evil, Message: evil,
				EventNamespace: evil, EventName: evil, EventUID: evil, Count: 1, First: now, Last: now}
			if err := h.l.Put(t.Context(), []alert.Alert{a}); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(h.l.AddGap(ledger.Gap{Why: evil}), h.l.AddDropped(evil, 1)); err != nil {
				t.Fatal(err)
			}
			h.f.out[0].Target = evil
			h.f.out[0].link.down(h.f.log, &SendError{Outcome: Retry, Err: errors.New(evil)}, offlineFirst, offlineMost)
			status := sourceStatus{Cluster: evil}
			status.Boot, status.Sequence, status.Origin = "b", 1, evil
			if err := h.f.sources.observe(status); err != nil {
				t.Fatal(err)
			}
			rec := getPage(h, "/", nil)
			if rec.Code != 200 {
				t.Fatalf("answered %d %s", rec.Code, rec.Body)
			}
			wellFormed(t, strings.ReplaceAll(strings.ToValidUTF8(rec.Body.String(), "?"), "\x00", ""))
			_ = h.l.Close()
		}
	}
}

func TestPageLoadsNothing(t *testing.T) {
	h := pageHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	rec := getPage(h, "/", nil)
	if csp := rec.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if bytes.Contains([]byte(pageCSS), []byte("url(")) || strings.Contains(pageCSS, "@import") {
		t.Error("the style sheet loads something")
	}
	for _, k := range []string{"X-Content-Type-Options", "Referrer-Policy", "Cache-Control", "X-Frame-Options"} {
		if rec.Header().Get(k) == "" {
			t.Errorf("header %s is missing", k)
		}
	}
}

// TestPageIsBounded has more groups than anybody reads.
func TestPageIsBounded(t *testing.T) {
	h := pageHarness(t, func(c *Config) { c.Ledger.MaxBytes = 4 << 20 })
	defer func() { _ = h.l.Close() }()
	for i := range 120 {
		h.happen(t, i, 1)
	}
	body := getPage(h, "/", nil).Body.String()
	if n := strings.Count(body, `class="group`); n != shownGroups || strings.Count(body, `class="bubble"`) != shownPreviews {
		t.Errorf("%d groups listed, want %d", n, shownGroups)
	}
	if !strings.Contains(body, "另有 70 组") || len(body) > 64<<10 {
		t.Errorf("%d bytes; the rest is not counted", len(body))
	}
}

func TestLostConnectionCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBotHarness(t, feishutest.Options{Secret: testSecret})
		h.bot.Outage(true)
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(time.Hour)
		if u := h.f.Status().Usage; u.Today != 0 {
			t.Errorf("an hour without a connection cost %d bytes", u.Today)
		}
	})
}

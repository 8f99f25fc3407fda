package telegram_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/telegram"
	"github.com/edgebell/edgebell/functions/telegram/telegramtest"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

const secret = "AAs3cr3tOfTheBot"

var cards = card.Config{Language: "en", Timezone: "UTC", RunbookURL: "https://wiki.example/{{.Reason}}", Template: `{"header":{}}`}

func start(t testing.TB, change ...func(*telegram.Config)) (*telegramtest.Server, notify.Channel) {
	t.Helper()
	s := telegramtest.NewServer()
	t.Cleanup(s.Close)
	cfg := telegram.Config{URL: s.URL(), Token: telegramtest.Token, ChatID: telegramtest.Chat}
	for _, f := range change {
		f(&cfg)
	}
	c, err := telegram.New(cfg, cards, webhook.Options{Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func testMessage(t *testing.T, c notify.Channel) notify.Part {
	t.Helper()
	parts, err := c.Render(0, notify.Outgoing{Test: true})
	if err != nil {
		t.Fatal(err)
	}
	return parts[0]
}

func TestConforms(t *testing.T) {
	_, c := start(t)
	webhooktest.Conform(t, c, 2)
}

// TestEntities: what is bold and what is fixed is what should be.
func TestEntities(t *testing.T) {
	_, c := start(t)
	g := webhooktest.Group("web-0", "🔥 failed to pull nginx@sha256:0 for @admin")
	parts, err := c.Render(0, notify.Outgoing{Groups: []alert.Group{g}, SentAt: g.Last})
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Text     string
		Entities []struct {
			Type           string
			Offset, Length int
			URL            string
		}
	}
	if err := json.Unmarshal(parts[0].Payload, &m); err != nil {
		t.Fatal(err)
	}
	units, got := utf16.Encode([]rune(m.Text)), map[string]string{}
	for _, e := range m.Entities {
		got[e.Type] = string(utf16.Decode(units[e.Offset:e.Offset+e.Length])) + e.URL
	}
	for kind, want := range map[string]string{
		"bold":      "Pod shop/web-0",
		"pre":       "🔥 failed to pull nginx@sha256:0 for ＠admin",
		"code":      "kubectl -n shop describe pod/web-0",
		"text_link": "https://wiki.example/BackOff",
	} {
		if !strings.Contains(got[kind], want) {
			t.Errorf("%s is %q, want %q in it", kind, got[kind], want)
		}
	}
}

func TestOutcomes(t *testing.T) {
	s, c := start(t)
	echo := " " + telegramtest.Token
	said := func(code int, description string, parameters map[string]any) webhooktest.Fault {
		return webhooktest.Answer(telegramtest.Error(code, description+echo, parameters))
	}
	cases := append([]webhooktest.Case{
		{Name: "flood", Fault: said(429, "Too Many Requests: retry after 35", map[string]any{"retry_after": 35}), Want: notify.Retry, After: 35 * time.Second},
		{Name: "flood for days", Fault: said(429, "Too Many Requests: retry after 999999", map[string]any{"retry_after": 999999}), Want: notify.Retry, After: time.Hour},
		{Name: "429 of a proxy", Fault: webhooktest.TooMany(9*time.Second, "slow down"), Want: notify.Retry, After: 9 * time.Second},
		{Name: "401", Fault: said(401, "Unauthorized", nil), Want: notify.ChannelRefused, Says: "Unauthorized"},
		{Name: "404", Fault: said(404, "Not Found", nil), Want: notify.ChannelRefused},
		{Name: "kicked", Fault: said(403, "Forbidden: bot was kicked from the supergroup chat", nil), Want: notify.ChannelRefused},
		{Name: "blocked", Fault: said(403, "Forbidden: bot was blocked by the user", nil), Want: notify.ChannelRefused},
		{Name: "conflict", Fault: said(409, "Conflict", nil), Want: notify.Unknown},
		{Name: "500", Fault: said(500, "Internal Server Error", nil), Want: notify.Retry},
		{Name: "200, not ok", Fault: webhooktest.Status(200, `{"ok":false,"error_code":400,"description":"Bad Request: x"}`), Want: notify.MessageRefused},
		{Name: "ok under 400", Fault: webhooktest.Status(400, `{"ok":true,"result":{}}`), Want: notify.Ambiguous},
		{Name: "a proxy's 400", Fault: webhooktest.Status(400, "<html>Bad Request</html>"), Want: notify.Unknown, Says: "HTTP 400"},
		{Name: "200, empty", Fault: webhooktest.Status(200, ""), Want: notify.Ambiguous},
		{Name: "200, no ok", Fault: webhooktest.Status(200, "{}"), Want: notify.Ambiguous},
		{Name: "200, page", Fault: webhooktest.Portal(), Want: notify.Retry, Says: "captive portal"},
		{Name: "delivered", Fault: webhooktest.Status(200, `{"ok":true,"result":{"message_id":7}}`), Delivered: true},
	}, webhooktest.Transport...)
	for want, descriptions := range map[notify.Outcome][]string{
		notify.MessageRefused: {
			"message is too long", "message text is empty", "can't parse entities: x", "ENTITY_BOUNDS_INVALID", "text must be encoded in UTF-8", "something new"},
		notify.ChannelRefused: {
			"chat not found", "group chat was deactivated", "PEER_ID_INVALID", "chat_id is empty", "message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED",
			"not enough rights to send text messages to the chat", "have no rights to send a message", "need administrator rights in the channel chat",
			"CHAT_WRITE_FORBIDDEN", "CHAT_RESTRICTED", "CHAT_SEND_PLAIN_FORBIDDEN", "user is deactivated", "Logged out",
			"group chat was upgraded to a supergroup chat"},
	} {
		for _, d := range descriptions {
			cases = append(cases, webhooktest.Case{Name: d, Fault: said(400, "Bad Request: "+d, nil), Want: want, Says: d})
		}
	}
	webhooktest.Outcomes(t, s.Server, c, []string{telegramtest.Token, secret}, cases...)
}

// TestMigration: the group's new number is taken over at once.
func TestMigration(t *testing.T) {
	s, c := start(t)
	s.Migrate("-1009999999999")
	for want := 2; want <= 3; want++ { // the second needs no detour
		if _, err := c.Send(t.Context(), testMessage(t, c)); err != nil {
			t.Fatal(err)
		}
		if n := len(s.Requests()); n != want {
			t.Errorf("%d requests, want %d", n, want)
		}
	}
}

func TestUpdate(t *testing.T) {
	s, c := start(t)
	u, ok := c.(notify.Updater)
	if !ok {
		t.Fatal("the channel is no Updater")
	}
	g := webhooktest.Group("web-0", "first")
	render := func() notify.Part {
		parts, err := c.Render(0, notify.Outgoing{Groups: []alert.Group{g}, SentAt: g.Last})
		if err != nil {
			t.Fatal(err)
		}
		return parts[0]
	}
	r, err := c.Send(t.Context(), render())
	if err != nil || r.Ref != telegramtest.Chat+":1" {
		t.Fatalf("receipt %+v, %v", r, err)
	}
	g.Newest.Message = "second"
	for range 2 { // the same again is not modified, and well
		if r, err = u.Update(t.Context(), r.Ref, render()); err != nil || r.Ref != telegramtest.Chat+":1" {
			t.Fatalf("receipt %+v, %v", r, err)
		}
	}
	if texts := s.Texts(); len(texts) != 1 || !strings.Contains(texts[0], "second") {
		t.Errorf("texts are %q", texts)
	}
	for _, ref := range []string{telegramtest.Chat + ":7", "", "x", "-1", "1", "-1:1", ":1", telegramtest.Chat + ":", `"@other":1`} {
		_, err := u.Update(t.Context(), ref, render())
		if se, ok := err.(*notify.SendError); !ok || se.Outcome != notify.MessageRefused {
			t.Errorf("ref %q: error is %v, want message_refused", ref, err)
		}
	}
}

// TestUpdateAfterMigration: the new group counts its messages from the start, so
// the number of an old one would be another's.
func TestUpdateAfterMigration(t *testing.T) {
	s, c := start(t)
	old, err := c.Send(t.Context(), testMessage(t, c))
	if err != nil {
		t.Fatal(err)
	}
	s.Migrate("-1009999999999")
	for _, known := range []bool{false, true} {
		_, err := c.(notify.Updater).Update(t.Context(), old.Ref, testMessage(t, c))
		if se, ok := err.(*notify.SendError); !ok || se.Outcome != notify.MessageRefused {
			t.Errorf("new number known %v: error is %v, want message_refused", known, err)
		}
	}
	r, err := c.Send(t.Context(), testMessage(t, c))
	if err != nil || !strings.HasPrefix(r.Ref, "-1009999999999:") {
		t.Fatalf("receipt %+v, %v", r, err)
	}
	if _, err := c.(notify.Updater).Update(t.Context(), r.Ref, testMessage(t, c)); err != nil {
		t.Error(err)
	}
}

func TestWrongChat(t *testing.T) {
	for name, change := range map[string]func(*telegram.Config){
		"chat":   func(c *telegram.Config) { c.ChatID = "-1" },
		"name":   func(c *telegram.Config) { c.ChatID = "@somebody" },
		"token":  func(c *telegram.Config) { c.Token = strings.Replace(c.Token, "AA", "BB", 1) },
		"thread": func(c *telegram.Config) { c.ThreadID = 9 },
	} {
		_, c := start(t, change)
		_, err := c.Send(t.Context(), testMessage(t, c))
		if se, ok := err.(*notify.SendError); !ok || se.Outcome != notify.ChannelRefused {
			t.Errorf("%s: error is %v, want channel_refused", name, err)
		}
	}
	s, c := start(t, func(c *telegram.Config) { c.ThreadID = 9 })
	s.Thread = 9
	if _, err := c.Send(t.Context(), testMessage(t, c)); err != nil {
		t.Error(err)
	}
}

func TestRate(t *testing.T) {
	s, c := start(t)
	s.Limited = true
	at := time.Now()
	s.Now = func() time.Time { return at }
	for range 20 {
		if _, err := c.Send(t.Context(), testMessage(t, c)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Send(t.Context(), testMessage(t, c))
	se, ok := err.(*notify.SendError)
	if !ok || se.Outcome != notify.Retry || se.RetryAfter != 3*time.Second {
		t.Fatalf("error is %v, want retry after 3 s", err)
	}
	at = at.Add(se.RetryAfter)
	if _, err := c.Send(t.Context(), testMessage(t, c)); err != nil {
		t.Error(err)
	}
}

func FuzzForms(f *testing.F) {
	for _, s := range webhooktest.Hostile {
		f.Add(s)
	}
	s, c := start(f)
	f.Fuzz(func(t *testing.T, text string) {
		for level := range 2 {
			parts, err := c.Render(level, notify.Outgoing{Groups: []alert.Group{webhooktest.HostileGroup(text)}})
			if err != nil {
				t.Fatal(err)
			}
			body := `{"chat_id":` + telegramtest.Chat + `,` + string(parts[0].Payload[1:])
			r := s.Judge(webhooktest.NewRequest(s.URL()+"/bot"+telegramtest.Token+"/sendMessage", []byte(body)))
			if r.Status != 200 {
				t.Errorf("%+v for %s", r, body)
			}
		}
	})
}

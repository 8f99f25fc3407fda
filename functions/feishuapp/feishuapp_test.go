package feishuapp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishuapp"
	"github.com/edgebell/edgebell/functions/feishuapp/feishuapptest"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

var cards = card.Config{Language: "en", Timezone: "UTC"}

func config(a *feishuapptest.App) feishuapp.Config {
	return feishuapp.Config{URL: a.URL(), AppID: feishuapptest.AppID, Secret: feishuapptest.Secret, Chat: feishuapptest.Chat, CallsPerMonth: 1_000_000}
}

func open(t testing.TB, cfg feishuapp.Config, o webhook.Options) *feishuapp.Channel {
	t.Helper()
	o.Cluster = "pi"
	c, err := feishuapp.New(cfg, cards, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(t testing.TB) (*feishuapptest.App, *feishuapp.Channel) {
	t.Helper()
	a := feishuapptest.NewApp()
	t.Cleanup(a.Close)
	return a, open(t, config(a), webhook.Options{})
}

// story is one group, told before or not.
func story(total, delivered int64) notify.Outgoing {
	g := webhooktest.Group("web-0", "Back-off restarting failed container")
	g.Total, g.Delivered = total, map[string]int64{alert.DefaultRoute: delivered}
	return notify.Outgoing{Groups: []alert.Group{g}, Route: alert.DefaultRoute, SentAt: time.Now()}
}

func part(t testing.TB, c notify.Channel, level int, o notify.Outgoing) notify.Part {
	t.Helper()
	parts, err := c.Render(level, o)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	return parts[0]
}

func send(t testing.TB, c notify.Channel, p notify.Part) notify.Receipt {
	t.Helper()
	r, err := c.Send(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// outcome is what an error means; -1 for none.
func outcome(t testing.TB, err error) notify.Outcome {
	t.Helper()
	if err == nil {
		return -1
	}
	var se *notify.SendError
	if !errors.As(err, &se) {
		t.Fatalf("error %v is no *notify.SendError", err)
	}
	return se.Outcome
}

func TestConforms(t *testing.T) {
	_, c := start(t)
	send(t, c, part(t, c, 0, notify.Outgoing{Test: true})) // has its token before receipts are compared
	webhooktest.Conform(t, c, 3)
}

// TestLostAnswer: a message whose answer was lost is sent again and stands in
// the group once, as it is now.
func TestLostAnswer(t *testing.T) {
	a, c := start(t)
	send(t, c, part(t, c, 0, notify.Outgoing{Test: true}))
	a.Script(webhooktest.DropAfter())
	if _, err := c.Send(t.Context(), part(t, c, 0, story(3, 0))); outcome(t, err) != notify.Ambiguous {
		t.Fatalf("error is %v, want ambiguous", err)
	}
	receipt := send(t, c, part(t, c, 0, story(7, 0)))
	got := a.Messages()
	if len(got) != 2 || receipt.Ref != feishuapptest.Chat+"/"+got[1].ID {
		t.Fatalf("%d messages, reference %q, want 2 and that of the last", len(got), receipt.Ref)
	}
	if !strings.Contains(got[1].Content, "7 times") && !strings.Contains(got[1].Content, "×7") {
		t.Errorf("the message says what was true before: %s", got[1].Content)
	}
	send(t, c, part(t, c, 0, story(9, 7)))
	if n := len(a.Messages()); n != 3 {
		t.Errorf("%d messages after further news, want 3", n)
	}
}

// TestUpdate edits in place, and not what cannot be edited.
func TestUpdate(t *testing.T) {
	a, c := start(t)
	first := send(t, c, part(t, c, 0, story(3, 0)))
	receipt, err := c.Update(t.Context(), first.Ref, part(t, c, 0, story(50, 3)))
	if err != nil || receipt.Ref != first.Ref {
		t.Fatalf("reference %q, error %v", receipt.Ref, err)
	}
	got := a.Messages()
	if len(got) != 1 || len(got[0].Edits) != 1 || !strings.Contains(got[0].Content, "50") {
		t.Errorf("messages are %+v, want one, edited once", got)
	}
	for level := 1; level < 3; level++ { // older cards and posts are not shared
		if r := send(t, c, part(t, c, level, story(1, 0))); r.Ref != "" {
			t.Errorf("form %d can be edited as %s", level, r.Ref)
		}
		if _, err := c.Update(t.Context(), first.Ref, part(t, c, level, story(60, 50))); outcome(t, err) != notify.MessageRefused {
			t.Errorf("form %d: %v, want message_refused", level, err)
		}
	}
	_, id, _ := strings.Cut(first.Ref, "/")
	if _, err := c.Update(t.Context(), id, part(t, c, 0, story(61, 50))); err != nil {
		t.Errorf("a reference of before groups were kept: %v", err)
	}
	for _, ref := range []string{"oc_other/" + id, "/" + id} {
		if _, err := c.Update(t.Context(), ref, part(t, c, 0, story(62, 50))); outcome(t, err) != notify.MessageRefused {
			t.Errorf("%s: %v, want message_refused", ref, err)
		}
	}
	a.Delete(id)
	if _, err := c.Update(t.Context(), first.Ref, part(t, c, 0, story(70, 50))); outcome(t, err) != notify.MessageRefused {
		t.Errorf("a message that is gone: %v, want message_refused", err)
	}
}

func TestUpdateAfterAFortnight(t *testing.T) {
	a := feishuapptest.NewApp()
	t.Cleanup(a.Close)
	now := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	a.Now = func() time.Time { return now }
	c := open(t, config(a), webhook.Options{Clock: func() time.Time { return now }})
	ref := send(t, c, part(t, c, 0, story(1, 0))).Ref
	now = now.Add(14*24*time.Hour + time.Second)
	if _, err := c.Update(t.Context(), ref, part(t, c, 0, story(2, 1))); outcome(t, err) != notify.MessageRefused {
		t.Errorf("error is %v, want message_refused", err)
	}
	if n := a.Tokens(); n != 2 {
		t.Errorf("%d tokens, want a second after two hours", n)
	}
}

// TestToken: it is asked for once, and again when it is refused or near its end.
func TestToken(t *testing.T) {
	a := feishuapptest.NewApp()
	t.Cleanup(a.Close)
	now := time.Now()
	a.Now = func() time.Time { return now }
	c := open(t, config(a), webhook.Options{Clock: func() time.Time { return now }})
	said := part(t, c, 0, story(1, 0))
	for range 3 {
		send(t, c, said)
	}
	same := a.Tokens()
	a.Revoke()
	send(t, c, said)
	revoked := a.Tokens()
	now = now.Add(116 * time.Minute)
	send(t, c, said)
	if got := []int{same, revoked, a.Tokens()}; !cmp.Equal([]int{1, 2, 3}, got) {
		t.Errorf("tokens asked for: %v, want 1, 2, 3", got)
	}
	if n := len(a.Messages()); n != 2 { // the last is over an hour after the first
		t.Errorf("%d messages, want 2", n)
	}
}

// TestCredentials: what is wrong with the app or the chat refuses the channel.
func TestCredentials(t *testing.T) {
	a, _ := start(t)
	for name, spoil := range map[string]func(*feishuapp.Config){
		"app":    func(c *feishuapp.Config) { c.AppID = "cli_another" },
		"secret": func(c *feishuapp.Config) { c.Secret = "another" },
		"chat":   func(c *feishuapp.Config) { c.Chat = "oc_another" },
	} {
		cfg := config(a)
		spoil(&cfg)
		c := open(t, cfg, webhook.Options{})
		if _, err := c.Send(t.Context(), part(t, c, 0, story(1, 0))); outcome(t, err) != notify.ChannelRefused {
			t.Errorf("%s: %v, want channel_refused", name, err)
		}
	}
}

func TestMonthUsedUp(t *testing.T) {
	a, c := start(t)
	a.Calls = 1
	send(t, c, part(t, c, 0, story(1, 0)))
	_, err := c.Send(t.Context(), part(t, c, 0, story(2, 1)))
	var se *notify.SendError
	if !errors.As(err, &se) || se.Outcome != notify.ChannelRefused || se.RetryAfter != time.Hour {
		t.Errorf("error is %+v, want channel_refused for an hour", err)
	}
}

// TestEditsKeepWithinTheMonth: a story that grows without end for 30 days.
func TestEditsKeepWithinTheMonth(t *testing.T) {
	a := feishuapptest.NewApp()
	t.Cleanup(a.Close)
	now := time.Now()
	a.Now = func() time.Time { return now }
	cfg := config(a)
	cfg.CallsPerMonth = 300
	c := open(t, cfg, webhook.Options{Clock: func() time.Time { return now }})
	ref := send(t, c, part(t, c, 0, story(1, 0))).Ref
	edits, end := 0, now.Add(13*24*time.Hour)
	for i := int64(2); now.Before(end); i++ {
		if wait := c.EditsIn(); wait > 0 {
			now = now.Add(max(wait, time.Minute))
			continue
		}
		if _, err := c.Update(t.Context(), ref, part(t, c, 0, story(i, i-1))); err != nil {
			t.Fatal(err)
		}
		edits, now = edits+1, now.Add(time.Minute)
	}
	if edits < 120 || edits > 140 { // 300 a month are 130 in 13 days
		t.Errorf("%d edits in 13 days, want about 130", edits)
	}
	if _, err := c.Send(t.Context(), part(t, c, 0, story(1, 0))); err != nil {
		t.Errorf("what is new has to wait: %v", err)
	}
}

func TestOutcomes(t *testing.T) {
	a, c := start(t)
	send(t, c, part(t, c, 0, notify.Outgoing{Test: true}))
	code := func(status, code int, msg string) webhooktest.Fault {
		return webhooktest.Answer(webhooktest.Reply{Status: status, Body: fmt.Sprintf(`{"code":%d,"msg":%q}`, code, msg)})
	}
	cases := append([]webhooktest.Case{
		{Name: "quota", Fault: code(400, 99991403, "quota"), Want: notify.ChannelRefused, After: time.Hour, Says: "used up"},
		{Name: "no code", Fault: webhooktest.Status(200, `{}`), Want: notify.Ambiguous, Says: "no code"},
		{Name: "code 0 under 400", Fault: code(400, 0, ""), Want: notify.Ambiguous},
		{Name: "portal", Fault: webhooktest.Status(200, "<html>log in</html>"), Want: notify.Retry, Says: "portal"},
		{Name: "a proxy's 400", Fault: webhooktest.Status(400, "<html>Bad Request</html>"), Want: notify.Unknown, Says: "HTTP 400"},
		{Name: "unknown", Fault: code(400, 239999, "news"), Want: notify.Unknown, Says: "news"},
		{Name: "unknown under 500", Fault: code(500, 239999, "news"), Want: notify.Retry},
		{Name: "receive_id", Fault: code(400, 230001, "ext=invalid receive_id"), Want: notify.ChannelRefused},
		{Name: "echo", Fault: code(400, 230099, "card "+feishuapptest.Secret+" t-10123456789abcdef"), Want: notify.MessageRefused, Says: "card rejected"},
		{Name: "card, theirs", Fault: code(400, 230099, "Internal Error"), Want: notify.Retry, After: 5 * time.Second},
		{Name: "gateway", Fault: webhooktest.Answer(webhooktest.Reply{Status: 429, Header: map[string]string{"X-Ogw-Ratelimit-Reset": "9"}, Body: `{"code":99991400,"msg":"x"}`}), Want: notify.Retry, After: 9 * time.Second},
	}, webhooktest.Transport...)
	for _, n := range []int{230020, 230049} {
		cases = append(cases, webhooktest.Case{Name: fmt.Sprint(n), Fault: code(400, n, ""), Want: notify.Retry, After: time.Second})
	}
	for _, n := range []int{230001, 230022, 230025, 230028, 230031, 230099, 230110, 99992402} {
		cases = append(cases, webhooktest.Case{Name: fmt.Sprint(n), Fault: code(400, n, "x"), Want: notify.MessageRefused})
	}
	for _, n := range []int{99991662, 99991672, 230002, 230006, 230013, 230018, 230027, 230035, 232009} {
		cases = append(cases, webhooktest.Case{Name: fmt.Sprint(n), Fault: code(400, n, "x"), Want: notify.ChannelRefused})
	}
	webhooktest.Outcomes(t, a.Server, c, []string{feishuapptest.Secret, "t-10123456789abcdef"}, cases...)
}

// TestNoToken: what is said instead of a token is never about the message, which
// would be parked for it.
func TestNoToken(t *testing.T) {
	for _, tc := range []webhooktest.Case{
		{Name: "a code that nobody knows", Fault: webhooktest.Status(200, `{"code":10999,"msg":"app stopped"}`), Want: notify.ChannelRefused},
		{Name: "wrong secret", Fault: webhooktest.Status(400, `{"code":10014,"msg":"app secret invalid"}`), Want: notify.ChannelRefused},
		{Name: "a proxy's 400", Fault: webhooktest.Status(400, "<html>Bad Request</html>"), Want: notify.ChannelRefused},
		{Name: "a proxy's 418", Fault: webhooktest.Status(418, ""), Want: notify.ChannelRefused},
		{Name: "success without a token", Fault: webhooktest.Status(200, `{"code":0}`), Want: notify.ChannelRefused},
		{Name: "nothing", Fault: webhooktest.Status(200, ""), Want: notify.Retry},
		{Name: "answer broken off", Fault: webhooktest.Truncate(), Want: notify.Retry},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			a, c := start(t)
			a.Script(tc.Fault)
			_, err := c.Send(t.Context(), part(t, c, 0, story(1, 0)))
			var se *notify.SendError
			if !errors.As(err, &se) || se.Outcome != tc.Want {
				t.Errorf("error is %v, want %s", err, tc.Want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	good := feishuapp.Config{AppID: "cli_a", Secret: "s3cr3t", Chat: "oc_a"}
	if err := good.Validate("CHANNEL_"); err != nil {
		t.Errorf("the least config: %v", err)
	}
	for want, spoil := range map[string]func(*feishuapp.Config){
		"ROUTE_A_URL: must be https":           func(c *feishuapp.Config) { c.URL = "http://open.feishu.cn" },
		"ROUTE_A_URL: must have no path":       func(c *feishuapp.Config) { c.URL = "https://open.feishu.cn/open-apis" },
		"ROUTE_A_APP_ID: must be":              func(c *feishuapp.Config) { c.AppID = "a" },
		"ROUTE_A_SECRET: is required":          func(c *feishuapp.Config) { c.Secret = " " },
		"ROUTE_A_CHAT_ID: must be":             func(c *feishuapp.Config) { c.Chat = "https://applink" },
		"ROUTE_A_CALLS_PER_MONTH 7: must be":   func(c *feishuapp.Config) { c.CallsPerMonth = 7 },
		"ROUTE_A_MAX_PER_MINUTE":               func(c *feishuapp.Config) { c.MaxPerMinute = -1 },
		"cli_…, from the developer console":    func(c *feishuapp.Config) { c.AppID = "" },
		"oc_…, as the group's settings show i": func(c *feishuapp.Config) { c.Chat = "" },
	} {
		c := good
		spoil(&c)
		err := c.Validate("ROUTE_A_")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if said := fmt.Sprintf("%v %+v %#v", good, good, good); strings.Contains(said, "s3cr3t") {
		t.Errorf("the secret is in %s", said)
	}
}

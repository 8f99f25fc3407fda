package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/slack"
	"github.com/edgebell/edgebell/functions/slack/slacktest"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

var cards = card.Config{Language: "en", Timezone: "UTC", RunbookURL: "https://wiki.example/{{.Reason}}?a=1&b={{.Name}}", Template: `{"header":{}}`}

func start(t testing.TB) (*slacktest.Hook, notify.Channel) {
	t.Helper()
	h := slacktest.NewHook()
	t.Cleanup(h.Close)
	c, err := slack.New(slack.Config{URL: h.Address()}, cards, webhook.Options{Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	return h, c
}

func TestConforms(t *testing.T) {
	h, c := start(t)
	webhooktest.Conform(t, c, 2)
	for _, r := range h.Replies() {
		if r.Body != "ok" {
			t.Errorf("answer %+v", r)
		}
	}
}

// TestBlocks holds what a reader sees first.
func TestBlocks(t *testing.T) {
	_, c := start(t)
	parts, err := c.Render(0, webhooktest.Outgoings()["story"])
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(parts[0].Payload, &m); err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, b := range m.Blocks {
		types = append(types, b.Type)
	}
	said := string(parts[0].Payload)
	if m.Blocks[0].Type != "header" || m.Blocks[len(m.Blocks)-1].Type != "context" || !strings.Contains(m.Blocks[0].Text.Text, "Pod shop/web-0") {
		t.Errorf("blocks are %v, header %q", types, m.Blocks[0].Text.Text)
	}
	for _, want := range []string{"Back-off restarting failed container", "<https://wiki.example/BackOff?a=1&amp;b=web-0|", "kubectl -n shop describe pod/web-0", "id "} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
}

func TestOutcomes(t *testing.T) {
	h, c := start(t)
	echo := " at " + h.Address()
	cases := append([]webhooktest.Case{
		{Name: "429", Fault: webhooktest.TooMany(30*time.Second, "rate_limited"), Want: notify.Retry, After: 30 * time.Second},
		{Name: "429 without a wait", Fault: webhooktest.TooMany(0, "rate_limited"), Want: notify.Retry, After: time.Second},
		{Name: "429 in JSON", Fault: webhooktest.TooMany(3*time.Second, `{"ok":false,"error":"rate_limited"}`), Want: notify.Retry, After: 3 * time.Second},
		{Name: "200, not ok", Fault: webhooktest.Status(200, "OK"), Want: notify.Ambiguous},
		{Name: "200, empty", Fault: webhooktest.Status(200, ""), Want: notify.Ambiguous},
		{Name: "200, page", Fault: webhooktest.Portal(), Want: notify.Retry, Says: "captive portal"},
		{Name: "ok, but 202", Fault: webhooktest.Status(202, "ok"), Want: notify.Ambiguous},
		{Name: "unknown 400", Fault: webhooktest.Status(400, "something_new"+echo), Want: notify.MessageRefused, Says: "something_new"},
		{Name: "400 of a proxy", Fault: webhooktest.Status(400, "<html>Bad Request</html>"), Want: notify.Unknown},
		{Name: "unknown 403", Fault: webhooktest.Status(403, "something_new"+echo), Want: notify.ChannelRefused},
		{Name: "unknown 418", Fault: webhooktest.Status(418, echo), Want: notify.Unknown},
	}, webhooktest.Transport...)
	for want, codes := range map[notify.Outcome][]string{
		notify.MessageRefused: {
			"400 invalid_payload", "400 invalid_blocks", "400 invalid_blocks_format", "400 invalid_attachments", "400 too_many_attachments",
			"400 msg_too_long", "400 msg_blocks_too_long", "400 no_text", "500 no_text", "400 missing_text_or_fallback_or_attachments"},
		notify.ChannelRefused: {
			"403 action_prohibited", "403 posting_to_general_channel_denied", "400 user_not_found", "404 channel_not_found", "410 channel_is_archived",
			"403 invalid_token", "403 invalid_auth", "404 no_service", "404 no_service_id", "404 no_active_hooks", "404 no_team", "403 team_disabled"},
	} {
		for _, code := range codes {
			cases = append(cases, fault(code, want, 0))
		}
	}
	for _, code := range []string{"500 rollup_error", "500 internal_error", "500 fatal_error"} {
		cases = append(cases, fault(code, notify.Retry, 5*time.Second))
	}
	cases = append(cases, fault("429 ratelimited", notify.Retry, time.Second), fault("429 message_limit_exceeded", notify.Retry, 10*time.Minute))
	webhooktest.Outcomes(t, h.Server, c, []string{"s3cr3tOfTheSlackHook"}, cases...)
}

func fault(code string, want notify.Outcome, after time.Duration) webhooktest.Case {
	var (
		status int
		body   string
	)
	if _, err := fmt.Sscan(code, &status, &body); err != nil {
		panic(err)
	}
	return webhooktest.Case{Name: code, Fault: webhooktest.Status(status, body+"\n"), Want: want, After: after, Says: body}
}

// TestRate: the stand-in keeps Slack's rate, and its answer says how long.
func TestRate(t *testing.T) {
	h, c := start(t)
	h.Limited = true
	at := time.Now()
	h.Now = func() time.Time { return at }
	parts, err := c.Render(1, notify.Outgoing{Test: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := c.Send(t.Context(), parts[0]); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.Send(t.Context(), parts[0])
	if se, ok := err.(*notify.SendError); !ok || se.Outcome != notify.Retry || se.RetryAfter != time.Second {
		t.Errorf("error is %v, want retry after a second", err)
	}
	at = at.Add(time.Second)
	if _, err := c.Send(t.Context(), parts[0]); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	const hook = "s3cr3tOfTheSlackHook"
	for name, tt := range map[string]struct {
		cfg  slack.Config
		want string
	}{
		"good":     {slack.Config{URL: " https://hooks.slack.com/services/T0/B0/" + hook + "\n"}, ""},
		"gov":      {slack.Config{URL: "https://hooks.slack-gov.com/services/T0/B0/" + hook}, ""},
		"proxy":    {slack.Config{URL: "https://slack-relay.example/" + hook}, ""},
		"none":     {slack.Config{}, "CHANNEL_URL: is required, want https://hooks.slack.com/services/"},
		"http":     {slack.Config{URL: "http://hooks.slack.com/services/T0/B0/" + hook}, "CHANNEL_URL: must be https"},
		"trigger":  {slack.Config{URL: "https://hooks.slack.com/triggers/T0/1/" + hook}, "CHANNEL_URL: is a workflow's trigger"},
		"feishu":   {slack.Config{URL: "https://open.feishu.cn/open-apis/bot/v2/hook/" + hook}, "CHANNEL_URL: is a Feishu bot's address"},
		"cut":      {slack.Config{URL: "https://hooks.slack.com/services/T0/" + hook}, "CHANNEL_URL: is not an incoming webhook"},
		"too fast": {slack.Config{URL: "https://hooks.slack.com/services/T0/B0/x", MaxPerMinute: 61}, "CHANNEL_MAX_PER_MINUTE 61: must be between 1 and 60"},
	} {
		err := tt.cfg.Validate("CHANNEL_")
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want %q", name, err, tt.want)
		}
		if printed := fmt.Sprintf("%v %v %#v %s", err, tt.cfg, tt.cfg, tt.cfg.Host()); strings.Contains(printed, hook) {
			t.Errorf("%s: the address is in %s", name, printed)
		}
	}
}

func FuzzForms(f *testing.F) {
	for _, s := range webhooktest.Hostile {
		f.Add(s)
	}
	h, c := start(f)
	f.Fuzz(func(t *testing.T, s string) {
		for level := range 2 {
			parts, err := c.Render(level, notify.Outgoing{Groups: []alert.Group{webhooktest.HostileGroup(s)}})
			if err != nil {
				t.Fatal(err)
			}
			if r := h.Judge(webhooktest.NewRequest(h.Address(), parts[0].Payload)); r.Body != "ok" {
				t.Errorf("%+v for %s", r, parts[0].Payload)
			}
		}
	})
}

package ntfy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/ntfy"
	"github.com/edgebell/edgebell/functions/ntfy/ntfytest"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

const token = "tk_s3cr3tOfTheTopic0000000000000"

var cards = card.Config{Language: "en", Timezone: "UTC", DashboardURL: "https://grafana.example/d?ns={{.Namespace}}", Template: `{"header":{}}`}

func start(t testing.TB) (*ntfytest.Server, notify.Channel) {
	t.Helper()
	s := ntfytest.NewServer(token)
	t.Cleanup(s.Close)
	c, err := ntfy.New(ntfy.Config{URL: s.Address(), Token: token}, cards, webhook.Options{Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestConforms(t *testing.T) {
	_, c := start(t)
	webhooktest.Conform(t, c, 2)
}

// TestChinese: a digest of 300 stories in three-byte letters, by bytes.
func TestChinese(t *testing.T) {
	s := ntfytest.NewServer("")
	t.Cleanup(s.Close)
	c, err := ntfy.New(ntfy.Config{URL: s.Address()}, card.Config{}, webhook.Options{})
	if err != nil {
		t.Fatal(err)
	}
	webhooktest.SendAll(t, c, 0, webhooktest.Many(300, time.Unix(1e9, 0)))
	g := webhooktest.Group("web-0", strings.Repeat("内存不足", 5000))
	parts := webhooktest.SendAll(t, c, 0, notify.Outgoing{Groups: []alert.Group{g}, SentAt: time.Unix(1e9, 0)})
	var m struct{ Message string }
	if err := json.Unmarshal(parts[0].Payload, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Message) < 2000 {
		t.Errorf("a long message takes %d bytes of the 4096 there are", len(m.Message))
	}
}

func TestLook(t *testing.T) {
	_, c := start(t)
	critical := webhooktest.Group("web-0", "x")
	critical.Newest.Kind, critical.Newest.Reason, critical.Newest.Namespace = "Node", "NodeNotReady", ""
	outs := webhooktest.Outgoings()
	outs["critical"] = notify.Outgoing{Groups: []alert.Group{critical}}
	for name, want := range map[string]struct {
		Priority int
		Tags     []string
		Click    bool
	}{
		"story":     {4, []string{"warning"}, true},
		"critical":  {5, []string{"rotating_light"}, true},
		"recovered": {3, []string{"white_check_mark"}, true},
		"heartbeat": {2, []string{"information_source"}, false},
		"test":      {3, []string{"information_source"}, false},
	} {
		parts, err := c.Render(0, outs[name])
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Priority int
			Tags     []string
			Click    string
		}
		if err := json.Unmarshal(parts[0].Payload, &got); err != nil {
			t.Fatal(err)
		}
		if got.Priority != want.Priority || cmp.Diff(want.Tags, got.Tags) != "" || strings.HasPrefix(got.Click, "https://grafana.example/") != want.Click {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestOutcomes(t *testing.T) {
	s, c := start(t)
	echo := " " + ntfytest.Topic + " " + token
	cases := append([]webhooktest.Case{
		{Name: "429 of a proxy", Fault: webhooktest.TooMany(9*time.Second, "slow down"), Want: notify.Retry, After: 9 * time.Second},
		{Name: "200, no id", Fault: webhooktest.Status(200, `{"event":"message"}`), Want: notify.Ambiguous},
		{Name: "200, empty", Fault: webhooktest.Status(200, ""), Want: notify.Ambiguous},
		{Name: "200, page", Fault: webhooktest.Portal(), Want: notify.Retry, Says: "captive portal"},
		{Name: "400 of a proxy", Fault: webhooktest.Status(400, "<html>Bad Request</html>"), Want: notify.Unknown},
		{Name: "401 of a proxy", Fault: webhooktest.Status(401, echo), Want: notify.ChannelRefused},
		{Name: "unknown code", Fault: webhooktest.Answer(ntfytest.Error(40999, "new")), Want: notify.Unknown, Says: "new"},
		{Name: "unknown 400", Fault: webhooktest.Answer(ntfytest.Error(40099, "new")), Want: notify.MessageRefused},
		{Name: "50001", Fault: webhooktest.Answer(ntfytest.Error(50001, "internal server error")), Want: notify.Retry},
	}, webhooktest.Transport...)
	for code, want := range map[int]webhooktest.Case{
		40007: {Want: notify.MessageRefused}, 40009: {Want: notify.ChannelRefused}, 40010: {Want: notify.ChannelRefused},
		40011: {Want: notify.MessageRefused}, 40014: {Want: notify.MessageRefused}, 40017: {Want: notify.MessageRefused},
		40018: {Want: notify.MessageRefused}, 40024: {Want: notify.MessageRefused}, 40101: {Want: notify.ChannelRefused},
		40301: {Want: notify.ChannelRefused}, 40401: {Want: notify.ChannelRefused}, 41301: {Want: notify.MessageRefused},
		41303: {Want: notify.MessageRefused}, 42901: {Want: notify.Retry, After: 5 * time.Second},
		42905: {Want: notify.Retry, After: time.Hour}, 42908: {Want: notify.Retry, After: time.Hour},
		42909: {Want: notify.Retry, After: time.Minute}, 50701: {Want: notify.Retry, After: time.Minute},
	} {
		want.Name, want.Says = fmt.Sprint(code), "said so"
		want.Fault = webhooktest.Answer(ntfytest.Error(code, "said so"+echo))
		cases = append(cases, want)
	}
	webhooktest.Outcomes(t, s.Server, c, []string{token, ntfytest.Topic}, cases...)
}

// TestTokens: what is wrong with a token is the channel's matter.
func TestTokens(t *testing.T) {
	s := ntfytest.NewServer(token)
	t.Cleanup(s.Close)
	for name, cfg := range map[string]ntfy.Config{
		"none":          {URL: s.Address()},
		"wrong":         {URL: s.Address(), Token: "tk_another"},
		"another topic": {URL: s.URL() + "/elsewhere", Token: token},
	} {
		c, err := ntfy.New(cfg, cards, webhook.Options{})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := c.Render(0, notify.Outgoing{Test: true})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(t.Context(), parts[0])
		if se, ok := err.(*notify.SendError); !ok || se.Outcome != notify.ChannelRefused {
			t.Errorf("%s: error is %v, want channel_refused", name, err)
		}
	}
}

func TestRate(t *testing.T) {
	s, c := start(t)
	s.Limited = true
	at := time.Now()
	s.Now = func() time.Time { return at }
	parts, err := c.Render(0, notify.Outgoing{Test: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		if _, err := c.Send(t.Context(), parts[0]); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.Send(t.Context(), parts[0])
	se, ok := err.(*notify.SendError)
	if !ok || se.Outcome != notify.Retry || se.RetryAfter != 5*time.Second {
		t.Fatalf("error is %v, want retry after 5 s", err)
	}
	at = at.Add(se.RetryAfter)
	if _, err := c.Send(t.Context(), parts[0]); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  ntfy.Config
		want string
	}{
		"good":        {ntfy.Config{URL: " https://ntfy.sh/" + ntfytest.Topic + "/\n", Token: token}, ""},
		"own server":  {ntfy.Config{URL: "http://ntfy.tools.svc/" + ntfytest.Topic}, ""},
		"none":        {ntfy.Config{}, "CHANNEL_URL: is required, want https://ntfy.sh/<topic>"},
		"in clear":    {ntfy.Config{URL: "http://ntfy.sh/" + ntfytest.Topic}, "CHANNEL_URL: must be https"},
		"no topic":    {ntfy.Config{URL: "https://ntfy.sh"}, "CHANNEL_URL: must end in one topic"},
		"two":         {ntfy.Config{URL: "https://ntfy.sh/a/" + ntfytest.Topic}, "CHANNEL_URL: must end in one topic"},
		"bad topic":   {ntfy.Config{URL: "https://ntfy.sh/ü" + ntfytest.Topic}, "CHANNEL_URL: must end in one topic"},
		"query":       {ntfy.Config{URL: "https://ntfy.sh/x?auth=" + ntfytest.Topic}, "CHANNEL_URL: must not have a query"},
		"split token": {ntfy.Config{URL: "https://ntfy.sh/x", Token: token + " " + token}, "CHANNEL_TOKEN: must be printable ASCII"},
		"pace":        {ntfy.Config{URL: "https://ntfy.sh/x", MaxPerMinute: 601}, "CHANNEL_MAX_PER_MINUTE 601: must be between 1 and 600"},
	} {
		err := tt.cfg.Validate("CHANNEL_")
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want %q", name, err, tt.want)
		}
		printed := fmt.Sprintf("%v %v %#v %s", err, tt.cfg, tt.cfg, tt.cfg.Host())
		if strings.Contains(printed, ntfytest.Topic) || strings.Contains(printed, token) {
			t.Errorf("%s: a secret is in %s", name, printed)
		}
	}
}

func FuzzForms(f *testing.F) {
	for _, s := range webhooktest.Hostile {
		f.Add(s)
	}
	s, c := start(f)
	s.Token = ""
	f.Fuzz(func(t *testing.T, text string) {
		for level := range 2 {
			parts, err := c.Render(level, notify.Outgoing{Groups: []alert.Group{webhooktest.HostileGroup(text)}})
			if err != nil {
				t.Fatal(err)
			}
			body := `{"topic":"` + ntfytest.Topic + `",` + string(parts[0].Payload[1:])
			if r := s.Judge(webhooktest.NewRequest(s.URL()+"/", []byte(body))); r.Status != 200 {
				t.Errorf("%+v for %s", r, body)
			}
		}
	})
}

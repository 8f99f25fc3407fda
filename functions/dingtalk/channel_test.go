package dingtalk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/dingtalk/dingtalktest"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

const testSecret = "SECcorrecthorsebatterystaple"

// start makes a robot and a channel to it.
func start(t testing.TB, o dingtalktest.Options, change func(*Config)) (*robottest.Robot, notify.Channel) {
	t.Helper()
	b := dingtalktest.New(o)
	t.Cleanup(b.Close)
	cfg := Config{URL: b.Address(), Secret: o.Secret}
	if len(o.Keywords) > 0 {
		cfg.Keyword = o.Keywords[0]
	}
	if change != nil {
		change(&cfg)
	}
	cards := card.Config{Language: "en", Timezone: "UTC", RunbookURL: "https://runbook.example/(a)?u={{.Reason}}"}
	ch, err := New(cfg, cards, webhook.Options{Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	return b, ch
}

// TestEverythingArrives: all that there is to tell, in both forms, is taken by
// the strict robot, and nothing in it is live but what is our own.
func TestEverythingArrives(t *testing.T) {
	for _, keyword := range []string{"", "[告警]*_"} {
		o := dingtalktest.Options{Secret: testSecret, PerMinute: -1}
		if keyword != "" {
			o.Keywords = []string{keyword}
		}
		b, ch := start(t, o, nil)
		for level := range 2 {
			for name, o := range robottest.Outgoings() {
				before := len(b.Messages())
				webhooktest.SendAll(t, ch, level, o)
				var texts []string
				for _, m := range b.Messages()[before:] {
					checkMarkup(t, name, keyword, m)
					texts = append(texts, m.Text)
				}
				if stories, twice := robottest.Named(texts); name == "digest" && (stories != 100 || len(twice) > 0) {
					t.Errorf("the digest names %d stories, want 100, and twice %v", stories, twice)
				}
			}
		}
	}
}

func TestConforms(t *testing.T) {
	_, ch := start(t, dingtalktest.Options{Secret: testSecret, Keywords: []string{"bell"}, PerMinute: -1}, nil)
	webhooktest.Conform(t, ch, 2)
}

func checkMarkup(t *testing.T, name, keyword string, m robottest.Message) {
	t.Helper()
	if keyword != "" { // the operator's own, to the letter
		m.Markup = robottest.Read(strings.ReplaceAll(m.Text, keyword, ""))
		if m.MsgType == "text" {
			m.Markup = robottest.ReadPlain(strings.ReplaceAll(m.Text, keyword, ""))
		}
	}
	for _, l := range m.Markup.Links {
		if !strings.HasPrefix(l, "https://runbook.example/") {
			t.Errorf("%s has a live link to %s", name, l)
		}
	}
	if len(m.Markup.Mentions)+len(m.Markup.Tags)+len(m.Markup.Inline) > 0 {
		t.Errorf("%s is live: %+v in\n%.2000s", name, m.Markup, m.Text)
	}
	ours := []string{"####", ">", "######"}
	for _, block := range m.Markup.Blocks {
		if !slices.Contains(ours, block) {
			t.Errorf("%s begins a block with %q", name, block)
		}
	}
	if n := len(m.Markup.Blocks); n > 4 {
		t.Errorf("%s has %d blocks, want a heading, two quotes and a footer", name, n)
	}
	if m.MsgType == "markdown" && (m.Title == "" || strings.ContainsAny(m.Title, "@<\n")) {
		t.Errorf("%s has the title %q", name, m.Title)
	}
}

func part(t testing.TB, ch notify.Channel) notify.Part {
	t.Helper()
	parts, err := ch.Render(0, robottest.Outgoings()["story"])
	if err != nil {
		t.Fatal(err)
	}
	return parts[0]
}

// TestClock: a robot whose clock is far from ours takes the second signature,
// the next message needs no second, and a wrong secret is not tried again.
func TestClock(t *testing.T) {
	for _, off := range []time.Duration{0, 30 * time.Minute, 2 * time.Hour, -56 * 365 * 24 * time.Hour} {
		b, ch := start(t, dingtalktest.Options{Secret: testSecret}, nil)
		b.Now = func() time.Time { return time.Now().Add(off) }
		receipt, err := ch.Send(t.Context(), part(t, ch))
		if err != nil {
			t.Fatalf("clock off by %v: %v", off, err)
		}
		want := 1
		if off.Abs() > time.Hour {
			want = 2
		}
		if n := len(b.Requests()); n != want {
			t.Errorf("clock off by %v: %d requests, want %d", off, n, want)
		}
		if one := int64(len(part(t, ch).Payload)); receipt.BytesOut < int64(want)*one {
			t.Errorf("clock off by %v: %d bytes were counted for %d requests", off, receipt.BytesOut, want)
		}
		if _, err := ch.Send(t.Context(), part(t, ch)); err != nil || len(b.Requests()) != want+1 {
			t.Errorf("the next message: %v, %d requests, want %d", err, len(b.Requests()), want+1)
		}
	}
	b, ch := start(t, dingtalktest.Options{Secret: testSecret}, func(c *Config) { c.Secret = "SECsomethingelse" })
	_, err := ch.Send(t.Context(), part(t, ch))
	var se *notify.SendError
	if !errors.As(err, &se) || se.Outcome != notify.ChannelRefused || !strings.Contains(err.Error(), "wrong secret") || len(b.Requests()) != 1 {
		t.Errorf("a wrong secret gives %v after %d requests", err, len(b.Requests()))
	}
}

// TestRobotRefuses: what the operator has to mend refuses the channel and loses
// nothing.
func TestRobotRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		opts   dingtalktest.Options
		change func(*Config)
		says   string
	}{
		{"another keyword", dingtalktest.Options{Keywords: []string{"horn"}}, func(c *Config) { c.Keyword = "bell" }, "keyword"},
		{"another token", dingtalktest.Options{}, func(c *Config) { c.URL = strings.Replace(c.URL, "=0123", "=3210", 1) }, "300005"},
		{"no secret", dingtalktest.Options{Secret: testSecret}, func(c *Config) { c.Secret = "" }, "clock"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, ch := start(t, tc.opts, tc.change)
			_, err := ch.Send(t.Context(), part(t, ch))
			var se *notify.SendError
			if !errors.As(err, &se) || se.Outcome != notify.ChannelRefused || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want channel_refused with %q", err, tc.says)
			}
			if len(b.Messages()) != 0 {
				t.Error("the group has a message")
			}
		})
	}
}

// TestThrottle: the 21st message of a minute silences the robot, and the error
// says for how long.
func TestThrottle(t *testing.T) {
	b, ch := start(t, dingtalktest.Options{}, nil)
	for i := range 21 {
		_, err := ch.Send(t.Context(), part(t, ch))
		var se *notify.SendError
		if i < 20 && err != nil || i == 20 && (!errors.As(err, &se) || se.RetryAfter != 10*time.Minute) {
			t.Errorf("message %d: %v", i+1, err)
		}
	}
	if n := len(b.Messages()); n != 20 {
		t.Errorf("%d messages arrived, want 20", n)
	}
}

func TestSign(t *testing.T) {
	// The vector of the public clients of DingTalk's robots.
	timestamp, sign := Sign(time.UnixMilli(1599360473000), "demo")
	if timestamp != "1599360473000" || sign != "eblRZvilBzXa6Ce18IeBM4pMy1rYNWKicaCg6VMwQe0%3D" {
		t.Errorf("got %s %s", timestamp, sign)
	}
}

package wecom

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
	"github.com/edgebell/edgebell/functions/wecom/wecomtest"
)

func start(t testing.TB, o wecomtest.Options, change func(*Config)) (*robottest.Robot, notify.Channel) {
	t.Helper()
	b := wecomtest.New(o)
	t.Cleanup(b.Close)
	cfg := Config{URL: b.Address()}
	if change != nil {
		change(&cfg)
	}
	cards := card.Config{Timezone: "UTC", RunbookURL: "https://runbook.example/(a)?u={{.Reason}}"}
	ch, err := New(cfg, cards, webhook.Options{Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	return b, ch
}

// TestEverythingArrives: all that there is to tell, in both forms, is taken by
// the strict robot within its 4096 and 2048 bytes, and nothing in it is live
// but what is our own.
func TestEverythingArrives(t *testing.T) {
	b, ch := start(t, wecomtest.Options{PerMinute: -1}, nil)
	for level := range 2 {
		for name, o := range robottest.Outgoings() {
			before := len(b.Messages())
			parts := webhooktest.SendAll(t, ch, level, o)
			var texts []string
			for _, m := range b.Messages()[before:] {
				checkMarkup(t, name, m)
				texts = append(texts, m.Text)
			}
			if name == "long" && (!strings.Contains(texts[0], "＠all ＠13800001111") || !strings.Contains(texts[0], "id ")) {
				t.Errorf("a long story lost its message or its id:\n%s", texts[0])
			}
			if name != "digest" {
				continue
			}
			t.Logf("the digest of 300 stories takes %d messages at level %d", len(parts), level)
			if stories, twice := robottest.Named(texts); stories != 100 || len(twice) > 0 {
				t.Errorf("the digest names %d stories, want 100, and twice %v", stories, twice)
			}
		}
	}
}

func TestConforms(t *testing.T) {
	_, ch := start(t, wecomtest.Options{PerMinute: -1}, nil)
	webhooktest.Conform(t, ch, 2)
}

func checkMarkup(t *testing.T, name string, m robottest.Message) {
	t.Helper()
	for _, l := range m.Markup.Links {
		if !strings.HasPrefix(l, "https://runbook.example/") {
			t.Errorf("%s has a live link to %s", name, l)
		}
	}
	if len(m.Markup.Mentions) > 0 {
		t.Errorf("%s mentions %v", name, m.Markup.Mentions)
	}
	var tags, inline []string
	if m.MsgType == "markdown" {
		inline = []string{"**", "**"}
	}
	if n := len(m.Markup.Tags); n > 0 {
		tags = []string{m.Markup.Tags[0], "</font>"}
		if !slices.Contains([]string{`<font color="warning">`, `<font color="info">`, `<font color="comment">`}, tags[0]) {
			t.Errorf("%s has the tag %s", name, tags[0])
		}
	}
	got := robottest.Markup{Tags: m.Markup.Tags, Inline: m.Markup.Inline}
	if diff := cmp.Diff(robottest.Markup{Tags: tags, Inline: inline}, got); diff != "" {
		t.Errorf("%s is live (-want +got):\n%s\n%.1000s", name, diff, m.Text)
	}
	for _, block := range m.Markup.Blocks {
		if block != ">" {
			t.Errorf("%s begins a block with %q", name, block)
		}
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

// TestEveryCode walks the table of codes as the documents have it.
func TestEveryCode(t *testing.T) {
	b, ch := start(t, wecomtest.Options{PerMinute: -1}, nil)
	var cases []webhooktest.Case
	known := map[int]bool{}
	for _, tc := range []struct {
		code    int
		msg     string
		outcome notify.Outcome
		after   time.Duration
	}{
		{-1, "system busy", notify.Retry, 10 * time.Second},
		{6000, "data version conflict", notify.Retry, time.Second},
		{45009, "api freq out of limit", notify.Retry, time.Minute},
		{45033, "api concurrent out of limit", notify.Retry, 5 * time.Second},
		{93000, "invalid webhook url", notify.ChannelRefused, 0},
		{93004, "robot disabled", notify.ChannelRefused, 0},
		{93008, "not in chat", notify.ChannelRefused, 0},
		{40001, "invalid credential", notify.ChannelRefused, 0},
		{43002, "require POST method", notify.ChannelRefused, 0},
		{60020, "not allow to access from your ip", notify.ChannelRefused, 0},
		{40008, "invalid message type", notify.MessageRefused, 0},
		{40033, "invalid character", notify.MessageRefused, 0},
		{40035, "invalid parameter", notify.MessageRefused, 0},
		{40058, "markdown.content exceed max length 4096. invalid Request Parameter", notify.MessageRefused, 0},
		{44004, "empty content", notify.MessageRefused, 0},
		{45002, "content size out of limit", notify.MessageRefused, 0},
		{47001, "data format error", notify.MessageRefused, 0},
		{999999, "something new", notify.Unknown, 0},
	} {
		known[tc.code] = true
		cases = append(cases, webhooktest.Case{
			Name: fmt.Sprint(tc.code, " ", tc.msg), Fault: robottest.Code(tc.code, tc.msg), Want: tc.outcome, After: tc.after,
		})
	}
	webhooktest.Outcomes(t, b.Server, ch, []string{wecomtest.DefaultKey}, cases...)
	for _, r := range codes {
		if !known[r.Code] {
			t.Errorf("code %d of the table is not tested", r.Code)
		}
	}
}

func TestThrottle(t *testing.T) {
	b, ch := start(t, wecomtest.Options{}, nil)
	for i := range 21 {
		_, err := ch.Send(t.Context(), part(t, ch))
		var se *notify.SendError
		if i < 20 && err != nil || i == 20 && (!errors.As(err, &se) || se.Outcome != notify.Retry || se.RetryAfter != time.Minute) {
			t.Errorf("message %d: %v", i+1, err)
		}
	}
	if n := len(b.Messages()); n != 20 {
		t.Errorf("%d messages arrived, want 20", n)
	}
}

func TestValidate(t *testing.T) {
	const good = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7a0c-4bc4-97a0-0ec2b1fa5aaa"
	for _, tc := range []struct {
		name string
		cfg  Config
		want string // empty: valid
	}{
		{"good", Config{URL: " " + good + "\n", MaxPerMinute: 1}, ""},
		{"empty", Config{}, "CHANNEL_URL: is required"},
		{"http", Config{URL: strings.Replace(good, "https", "http", 1)}, "CHANNEL_URL: must be https"},
		{"the key alone", Config{URL: "693a91f6-7a0c-4bc4-97a0-0ec2b1fa5aaa"}, "CHANNEL_URL: must begin with https://"},
		{"upload", Config{URL: strings.Replace(good, "/send", "/upload_media", 1)}, "has an unknown path"},
		{"no key", Config{URL: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"}, "must have key and nothing else"},
		{"debug", Config{URL: good + "&debug=1"}, "must have key and nothing else"},
		{"too fast", Config{URL: good, MaxPerMinute: 21}, "CHANNEL_MAX_PER_MINUTE 21: must be between 1 and 20"},
		{"negative", Config{URL: good, MaxPerMinute: -1}, "CHANNEL_MAX_PER_MINUTE -1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.cfg.Validate("CHANNEL_")
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "693a91f6") {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

// TestNothingLeaks: the key stands in no text form and in no error, whatever
// the robot repeats of the request.
func TestNothingLeaks(t *testing.T) {
	b, ch := start(t, wecomtest.Options{}, nil)
	cfg := Config{URL: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + wecomtest.DefaultKey}
	raw, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), string(raw), cfg.Host()}
	repeat := "no robot at key=" + wecomtest.DefaultKey
	b.Script(robottest.Code(93000, repeat), webhooktest.Status(502, repeat), webhooktest.Redirect("https://login.example/?"+repeat), webhooktest.DropAfter(), webhooktest.DropBefore())
	for range 5 {
		_, err := ch.Send(t.Context(), part(t, ch))
		texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	for _, s := range texts {
		if strings.Contains(s, wecomtest.DefaultKey) {
			t.Errorf("the key stands in %s", s)
		}
	}
}

// FuzzForms lets the strict robot judge messages of any view.
func FuzzForms(f *testing.F) {
	f.Add("title", "headline", robottest.Hostile, "row\nrow", "details")
	f.Add("@all", "<@x>", "[a](b)", "1. x", "    y")
	f.Fuzz(func(t *testing.T, title, headline, message, row, details string) {
		v := card.View{Color: "red", Mark: "🔴", Title: title, Subtitle: title, Headline: headline, Message: message, Rows: []string{row, row},
			Notices: headline, Hint: row, Details: details, Command: title, Footer: "id 01234567"}
		for i, form := range []card.Form{Markdown, Text} {
			m, err := form(v)
			if err != nil {
				t.Fatal(err)
			}
			if m.Size > []int{MaxMarkdown, MaxText}[i] {
				t.Skip() // the Renderer cuts
			}
			told, refused := wecomtest.Read(m.Payload)
			if refused != nil {
				t.Fatalf("refused: %+v\n%s", refused, m.Payload)
			}
			if len(told.Text) != m.Size {
				t.Errorf("%d bytes of content, said to be %d", len(told.Text), m.Size)
			}
			checkMarkup(t, "message", told)
		}
	})
}

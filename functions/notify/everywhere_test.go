package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/sethvargo/go-envconfig"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/channel"
	"github.com/edgebell/edgebell/functions/dingtalk/dingtalktest"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/wecom/wecomtest"
)

func init() { notify.Everywhere = everywhere }

// addresses make every channel's configuration valid; nothing is sent.
var addresses = map[string]string{
	"cloudevents": "https://hub.example/", "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
	"email": "smtp://mail.example", "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/11111111-2222-4333-8444-555555555555",
	"feishu-app": "https://open.feishu.cn", "ntfy": "https://ntfy.example/alerts", "slack": "https://hooks.slack.com/services/T0/B0/x0x0x0x0x0x0",
	"telegram": "https://api.telegram.org", "webhook": "https://hook.example/", "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=11111111-2222-4333-8444-555555555555",
}

var chats = map[string]string{"feishu-app": "oc_0123456789abcdef0123456789abcdef", "telegram": "-1001234567890"}

// opened are all channels in both languages.
var opened = sync.OnceValues(func() ([]notify.Route, error) {
	env := map[string]string{"CHANNEL": "log"}
	var names []string
	for _, lang := range []string{"zh", "en"} {
		for _, kind := range channel.Kinds() {
			name := kind + "-" + lang
			names = append(names, name)
			prefix := "ROUTE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
			for key, value := range map[string]string{
				"CHANNEL": kind, "CARD_LANGUAGE": lang, "MATCH": "severity!=info", "CONTINUE": "true", "URL": addresses[kind],
				"TOKEN": "123456789:AAs3cr3tOfTheBot-0123456789_abcdefg", "FROM": "bell@example.org", "TO": "ops@example.org",
				"APP_ID": "cli_a1b2c3d4e5f6a7b8", "SECRET": "0123456789abcdefghijklmnopqrstuv", "CHAT_ID": chats[kind],
			} {
				env[prefix+key] = value
			}
		}
	}
	from := envconfig.MapLookuper(env)
	decode := func(prefix string, cfg any) error {
		return envconfig.ProcessWith(context.Background(), &envconfig.Config{Target: cfg, Lookuper: envconfig.PrefixLookuper(prefix, from)})
	}
	var out []notify.Route
	for i, name := range names { // ROUTES has fewer places than there are channels
		env["ROUTES"] = name
		var c channel.Config
		if err := errors.Join(decode("", &c), c.Read(decode, nil, card.Config{Language: "zh"})); err != nil {
			return nil, err
		}
		routes, err := c.Open(channel.Options{Cluster: "pi", Log: slog.New(slog.DiscardHandler), TLSTime: time.Now, Stdout: io.Discard})
		if err != nil {
			return nil, err
		}
		routes[0].Name = names[i]
		out = append(out, routes[0])
	}
	return out, nil
})

// everywhere holds, for every channel, language and form, what is true of a
// message whatever was said: see checkEverywhere.
func everywhere(t *testing.T, o notify.Outgoing, imitated []string) {
	t.Helper()
	routes, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		level := 0
		for ; level < 9; level++ {
			parts, err := r.Channel.Render(level, o)
			if errors.Is(err, notify.ErrNoSimpler) {
				break
			}
			if err != nil {
				t.Errorf("%s, form %d: %v", r.Name, level, err)
				break
			}
			for _, p := range parts {
				if why := live(r.Kind, p); why != "" {
					t.Errorf("%s, form %d: %s\n%s", r.Name, level, why, p.Payload)
				}
				for _, s := range textsOf(t, p.Payload) {
					if why := wrong(r.Kind, s, imitated); why != "" {
						t.Errorf("%s, form %d: %s:\n%s", r.Name, level, why, s)
					}
				}
			}
		}
		if level == 0 || level == 9 {
			t.Errorf("%s has %d forms", r.Name, level)
		}
	}
}

// textsOf are all strings of a payload.
func textsOf(t *testing.T, payload []byte) (texts []string) {
	t.Helper()
	var root any
	if err := json.Unmarshal(payload, &root); err != nil {
		t.Fatalf("%v in %s", err, payload)
	}
	var visit func(any)
	visit = func(v any) {
		switch v := v.(type) {
		case string:
			if strings.HasPrefix(v, "{") && json.Valid([]byte(v)) { // an app's card
				texts = append(texts, textsOf(t, []byte(v))...)
				return
			}
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				visit(e)
			}
		case map[string]any:
			for _, e := range v {
				visit(e)
			}
		}
	}
	visit(root)
	return texts
}

// forPrograms take what was said as data. What reads cloudevents is a notify,
// which cleans it.
var forPrograms = []string{"cloudevents", "webhook"}

// markup is what channels put before their lines.
const markup = "*#> \u3000"

var (
	font   = regexp.MustCompile(`</?font[^>]*>`)
	footed = regexp.MustCompile(`(?m)^(?:(?:集群|cluster) pi · )?id [0-9a-f]{8}(?: · edgebell)?$`)
	circle = regexp.MustCompile(`[🔴🟠🔵🟢]`)
)

// wrong says what is wrong with a text; empty when nothing is. Its lines begin
// with nothing that only Edgebell says, no sign of ours stands but at the
// beginning, and all in it is seen, within the room of a letter.
func wrong(kind, s string, imitated []string) string {
	if kind == "cloudevents" {
		return ""
	}
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Me, unicode.Co, unicode.Variation_Selector,
			unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point) || strings.ContainsRune("﷽⸻𒀱𒈙\uFFFC\u2800", r)) {
			return "told is " + string(r)
		}
	}
	if slices.Contains(forPrograms, kind) {
		return ""
	}
	if n := len(footed.FindAllString(s, -1)); n > 1 {
		return "several footers"
	}
	for line := range strings.SplitSeq(font.ReplaceAllString(s, ""), "\n") {
		line = strings.TrimLeft(line, markup)
		if at := circle.FindAllStringIndex(line, -1); len(at) > 1 || len(at) == 1 && at[0][0] > 0 {
			return "a sign of ours within a line"
		}
		for _, own := range imitated {
			if strings.HasPrefix(line, own) {
				return "it passes for our own: " + own
			}
		}
	}
	return ""
}

// live says what a client would read as more than text.
func live(kind string, p notify.Part) string {
	var m robottest.Message
	var refused *robottest.Answer
	switch kind {
	case "dingtalk":
		m, refused = dingtalktest.Read(p.Payload)
	case "wecom":
		m, refused = wecomtest.Read(p.Payload)
	case "slack", "telegram", "ntfy", "email":
		if i := strings.Index(string(p.Payload), "://"); i >= 0 {
			return "an address"
		}
		if i := strings.Index(string(p.Payload), "www."); i >= 0 {
			return "a host"
		}
	}
	if refused != nil {
		return "refused: " + refused.Msg
	}
	tags := slices.DeleteFunc(m.Markup.Tags, font.MatchString)
	if len(m.Markup.Links)+len(m.Markup.Mentions)+len(tags) > 0 {
		return "live links or mentions"
	}
	return ""
}

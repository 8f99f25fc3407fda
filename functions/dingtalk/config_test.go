package dingtalk

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/dingtalk/dingtalktest"
	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

func TestValidate(t *testing.T) {
	const good = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef"
	for _, tc := range []struct {
		name string
		cfg  Config
		want string // empty: valid
	}{
		{"good", Config{URL: " " + good + "\n", Secret: "SEC0123 ", Keyword: "告警 [x]", MaxPerMinute: 20}, ""},
		{"empty", Config{}, "ROUTE_OPS_URL: is required"},
		{"http", Config{URL: strings.Replace(good, "https", "http", 1)}, "ROUTE_OPS_URL: must be https"},
		{"loopback", Config{URL: "http://127.0.0.1:1/robot/send?access_token=0123"}, ""},
		{"other path", Config{URL: "https://oapi.dingtalk.com/robot/sendBy?access_token=01"}, "ROUTE_OPS_URL: has an unknown path"},
		{"no token", Config{URL: "https://oapi.dingtalk.com/robot/send"}, "access_token and nothing else"},
		{"empty token", Config{URL: "https://oapi.dingtalk.com/robot/send?access_token="}, "no usable access_token"},
		{"two tokens", Config{URL: good + "&access_token=1"}, "access_token and nothing else"},
		{"signed address", Config{URL: good + "&timestamp=1&sign=2"}, "access_token and nothing else"},
		{"token with a space", Config{URL: good + "%20x"}, "no usable access_token"},
		{"secret of two words", Config{URL: good, Secret: "SEC 0123"}, "ROUTE_OPS_SECRET: "},
		{"keyword of two lines", Config{URL: good, Keyword: "a\nb"}, "ROUTE_OPS_KEYWORD: "},
		{"long keyword", Config{URL: good, Keyword: strings.Repeat("x", 101)}, "ROUTE_OPS_KEYWORD: "},
		{"too fast", Config{URL: good, MaxPerMinute: 21}, "ROUTE_OPS_MAX_PER_MINUTE 21: must be between 1 and 20"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.cfg.Validate("ROUTE_OPS_")
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "0123") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

// TestNothingLeaks: neither the token nor the secret stands in any text form or
// error, whatever the robot repeats of the request.
func TestNothingLeaks(t *testing.T) {
	b, ch := start(t, dingtalktest.Options{Secret: testSecret}, nil)
	cfg := Config{URL: "https://oapi.dingtalk.com/robot/send?access_token=" + dingtalktest.DefaultToken, Secret: testSecret, Keyword: "kw"}
	raw, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), string(raw), slog.AnyValue(cfg).String(), cfg.Host()}
	repeat := "no robot at access_token=" + dingtalktest.DefaultToken + " with " + testSecret
	b.Script(robottest.Code(400101, repeat), webhooktest.Status(502, repeat), webhooktest.Redirect("https://login.example/?"+repeat), webhooktest.DropAfter(), webhooktest.DropBefore())
	for range 5 {
		_, err := ch.Send(t.Context(), part(t, ch))
		texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	for _, s := range texts {
		if strings.Contains(s, dingtalktest.DefaultToken) || strings.Contains(s, testSecret) {
			t.Errorf("a secret stands in %s", s)
		}
	}
	if !strings.Contains(texts[0], "oapi.dingtalk.com") {
		t.Errorf("the host is missing in %s", texts[0])
	}
}

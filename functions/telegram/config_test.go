package telegram_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/telegram"
	"github.com/edgebell/edgebell/functions/telegram/telegramtest"
)

func TestValidate(t *testing.T) {
	good := telegram.Config{Token: telegramtest.Token, ChatID: telegramtest.Chat}
	for name, tt := range map[string]struct {
		change func(*telegram.Config)
		want   string
	}{
		"good":         {func(*telegram.Config) {}, ""},
		"pasted":       {func(c *telegram.Config) { c.Token, c.ChatID = " "+c.Token+"\n", " @opsroom\n" }, ""},
		"own server":   {func(c *telegram.Config) { c.URL = "http://bot-api.tools.svc:8081/" }, ""},
		"no token":     {func(c *telegram.Config) { c.Token = "" }, "CHANNEL_TOKEN: is required"},
		"half a token": {func(c *telegram.Config) { _, c.Token, _ = strings.Cut(c.Token, ":") }, "CHANNEL_TOKEN: is not a bot's token"},
		"no chat":      {func(c *telegram.Config) { c.ChatID = "" }, "CHANNEL_CHAT_ID: is required"},
		"name":         {func(c *telegram.Config) { c.ChatID = "ops room" }, `CHANNEL_CHAT_ID "ops room": must be a number`},
		"thread":       {func(c *telegram.Config) { c.ThreadID = -1 }, "CHANNEL_THREAD_ID -1: must be"},
		"with token":   {func(c *telegram.Config) { c.URL = "https://api.telegram.org/bot" + c.Token }, "CHANNEL_URL: must be the server alone"},
		"in clear":     {func(c *telegram.Config) { c.URL = "http://api.telegram.org" }, "CHANNEL_URL: must be https"},
		"pace":         {func(c *telegram.Config) { c.MaxPerMinute = 61 }, "CHANNEL_MAX_PER_MINUTE 61: must be between 1 and 60"},
	} {
		cfg := good
		tt.change(&cfg)
		err := cfg.Validate("CHANNEL_")
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want %q", name, err, tt.want)
		}
		if printed := fmt.Sprintf("%v %v %#v %s", err, cfg, cfg, cfg.Host()); strings.Contains(printed, secret) {
			t.Errorf("%s: the token is in %s", name, printed)
		}
	}
	if good.Host() != "api.telegram.org" || good.PerMinute() != 20 {
		t.Errorf("host %q, pace %d", good.Host(), good.PerMinute())
	}
}

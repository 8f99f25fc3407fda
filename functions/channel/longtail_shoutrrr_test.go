//go:build shoutrrr

package channel

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLongTail(t *testing.T) {
	c, err := read(t, map[string]string{
		"ROUTES": "chat", "ROUTE_CHAT_CHANNEL": "shoutrrr", "ROUTE_CHAT_URL": "discord://t0ken-0f-chat@1234567890", "ROUTE_CHAT_MATCH": "kind=Node",
		"CHANNEL": "shoutrrr", "CHANNEL_URL": "gotify://gotify.example/A12345678901234", "CHANNEL_MAX_BYTES": "4000", "CHANNEL_MAX_PER_MINUTE": "7",
	})
	if err != nil {
		t.Fatal(err)
	}
	routes, err := c.Open(Options{Log: slog.New(slog.DiscardHandler), TLSTime: time.Now})
	if err != nil || len(routes) != 2 {
		t.Fatalf("%d routes, error %v", len(routes), err)
	}
	if a, b := routes[0], routes[1]; a.Target != "discord" || a.PerMinute != 20 || b.Target != "gotify" || b.PerMinute != 7 || b.Kind != "shoutrrr" {
		t.Errorf("routes are %+v and %+v", a, b)
	}
	_, err = read(t, map[string]string{"CHANNEL": "shoutrrr", "CHANNEL_URL": "pigeon://t0ken-0f-chat"})
	if err == nil || !strings.Contains(err.Error(), "CHANNEL_URL: begins with no service") || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("error is %v, want one that names CHANNEL_URL and shows nothing of it", err)
	}
}

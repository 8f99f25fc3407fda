//go:build !shoutrrr

package channel

import (
	"slices"
	"strings"
	"testing"
)

// TestLongTailIsElsewhere: who sets it is told where it is.
func TestLongTailIsElsewhere(t *testing.T) {
	_, err := read(t, map[string]string{
		"ROUTES": "chat", "ROUTE_CHAT_CHANNEL": "shoutrrr", "ROUTE_CHAT_URL": "discord://t0ken-0f-chat@1", "CHANNEL": "log",
	})
	if err == nil || !strings.Contains(err.Error(), `ROUTE_CHAT_CHANNEL "shoutrrr": this build lacks it: run the image notify-shoutrrr`) || strings.Contains(err.Error(), "t0ken") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error is %v, want one that says which image has it", err)
	}
	if slices.Contains(Kinds(), longtail) {
		t.Errorf("kinds are %v", Kinds())
	}
}

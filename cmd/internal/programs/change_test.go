package programs

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// TestChangedSecretIsTakenUp changes notify's token and the bot's address on
// their files: what was taken before is told once, to the new address, and only
// the new token is good.
func TestChangedSecretIsTakenUp(t *testing.T) {
	bot := feishutest.NewBot(feishutest.Options{})
	bot.Start()
	defer bot.Close()
	dir := t.TempDir()
	put := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path+".new", []byte(content+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := []string{"LISTEN_ADDRESS=127.0.0.1:0", "DATA_DIR=" + filepath.Join(dir, "data"), "DATA_MAX_BYTES=4194304", "GROUP_WAIT=0s",
		"SINK_TOKEN_FILE=" + put("token", sinkToken),
		"FEISHU_WEBHOOK_URL_FILE=" + put("url", "http://127.0.0.1:1/open-apis/bot/v2/hook/"+hookToken)}
	p := start(t, "notify", env, "")
	at := p.address(1)
	if status := post(t, at, sinkToken, "told", 3); status != http.StatusNoContent {
		t.Fatalf("event with the first token: %d", status)
	}
	put("url", "half a URL")
	p.signal(syscall.SIGHUP)
	p.says("keeping the old one", 1)
	put("url", bot.URL)
	put("token", outToken)
	p.signal(syscall.SIGHUP)
	at = p.address(2)
	got, err := bot.WaitMessages(t.Context(), 1)
	if err != nil || !strings.Contains(got[0].Plain(), "told-0") {
		t.Fatalf("%v, %v", got, err)
	}
	for token, want := range map[string]int{sinkToken: http.StatusUnauthorized, outToken: http.StatusNoContent} {
		if status := post(t, at, token, "told", 3); status != want {
			t.Errorf("event with %.4s…: %d, want %d", token, status, want)
		}
	}
	p.signal(syscall.SIGTERM)
	if code := p.ends(); code != 0 {
		t.Errorf("code %d", code)
	}
	if n := len(bot.Messages()); n != 1 {
		t.Errorf("%d messages, want one: what was taken before is told once", n)
	}
	out := p.Output()
	leaks(t, "output", out)
}

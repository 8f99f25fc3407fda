//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// send posts a Warning about an object as a binary-mode CloudEvent.
func send(address, name string, count int) (int, error) {
	body := fmt.Sprintf(`{"metadata":{"namespace":"shop","name":"%s.1","uid":"uid-%s"},"involvedObject":{"kind":"Service","namespace":"shop","name":%q},"type":"Warning","reason":"Failed","message":"it broke","count":%d}`, name, name, name, count)
	return post(address, fmt.Sprintf("%s.%d", name, count), body)
}

// sendBody posts an Event and wants it taken.
func sendBody(address, id, body string) error {
	status, err := post(address, id, body)
	if err == nil && status != http.StatusNoContent {
		err = fmt.Errorf("answered %d", status)
	}
	return err
}

func post(address, id, body string) (int, error) {
	req, err := http.NewRequest(http.MethodPost, "http://"+address+"/", strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	for k, v := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": id, "Ce-Source": "/clusters/e2e",
		"Ce-Type": "io.edgebell.kubernetes.event.v1", "Content-Type": "application/json",
	} {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// TestStopWithinFiveSeconds asks the function to stop while the bot is slow to
// answer, and with stories that wait; after the next start all are told, once.
func TestStopWithinFiveSeconds(t *testing.T) {
	bot := feishutest.NewBot(feishutest.Options{})
	bot.Start()
	defer bot.Close()
	bot.Script(feishutest.AcceptThenHang(20 * time.Second))
	address, dir := process.FreeAddress(), t.TempDir()
	p := startNotify(t, bot, address, dir, "GROUP_WAIT=100ms")
	for i := range 3 {
		if status, err := send(address, fmt.Sprintf("svc-%d", i), 4); err != nil || status != http.StatusNoContent {
			t.Fatalf("send: %d %v", status, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := bot.WaitMessages(ctx, 1); err != nil { // taken, not answered
		t.Fatal(err)
	}
	asked := time.Now()
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.Done
	if took := time.Since(asked); took > 5*time.Second || p.Err != nil {
		t.Errorf("stopped after %s with %v, want at most 5 s and no error", took, p.Err)
	}
	startNotify(t, bot, address, dir, "GROUP_WAIT=100ms")
	eventually(t, 30*time.Second, "the other stories", func() error {
		for i := range 3 {
			if n := len(cards(bot, fmt.Sprintf("svc-%d", i))); n == 0 {
				return fmt.Errorf("svc-%d is not told", i)
			}
		}
		return nil
	})
	// Only the card whose answer was lost may stand there twice.
	if n := len(bot.Messages()); n > 4 {
		t.Errorf("%d messages, want at most one more than the three stories", n)
	}
}

// TestWrongEnvironment wants exit code 2 and one line for each variable.
func TestWrongEnvironment(t *testing.T) {
	for _, tc := range []struct {
		process string
		env     []string
		says    []string
	}{
		{"notify", []string{"FEISHU_WEBHOOK_URL=https://open.feishu.cn/open-apis/bot/hook/x", "FILTER=type=", "TIMEZONE=Mars", "GROUP_WAIT=-1s", "LOG_LEVEL=loud"},
			[]string{"FEISHU_WEBHOOK_URL", "FILTER", "TIMEZONE", "GROUP_WAIT", "LOG_LEVEL"}},
		{"notify", []string{"REPEAT_INTERVAL=soon"}, []string{"REPEAT_INTERVAL"}},
		{"notify", nil, []string{"FEISHU_WEBHOOK_URL"}},
		{"event-source", []string{"K_SINK=notify", "SINK_BATCH=-1", "FIELD_SELECTOR=a b"}, []string{"K_SINK", "SINK_BATCH", "FIELD_SELECTOR"}},
	} {
		p := spawn(t, tc.process, tc.env)
		<-p.Done
		if code := p.Cmd.ProcessState.ExitCode(); code != 2 {
			t.Errorf("%s with %q exits with %d, want 2", tc.process, tc.env, code)
		}
		lines := strings.Split(strings.TrimSpace(p.Output()), "\n")
		for i, want := range tc.says {
			if i >= len(lines) || !strings.Contains(p.Output(), want) {
				t.Errorf("%s with %q says\n%s\nwant a line about %s", tc.process, tc.env, p.Output(), want)
			}
		}
	}
}

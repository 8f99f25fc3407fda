//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// TestHeartbeatComesOnceADay sets it to a minute that is about to begin.
func TestHeartbeatComesOnceADay(t *testing.T) {
	t.Parallel()
	bot := feishutest.NewBot(feishutest.Options{})
	bot.Start()
	defer bot.Close()
	at := time.Now().UTC().Add(70 * time.Second)
	address, dir := process.FreeAddress(), t.TempDir()
	beat := "HEARTBEAT=" + at.Format("15:04")
	p := startNotify(t, bot, address, dir, beat)
	eventually(t, 3*time.Minute, "heartbeat", func() error {
		if n := len(cards(bot, "Edgebell is alive")); n != 1 {
			return fmt.Errorf("%d heartbeats", n)
		}
		return nil
	})
	p.end(t)
	startNotify(t, bot, address, dir, beat, "GROUP_WAIT=100ms")
	if status, err := send(address, "after-the-restart", 1); err != nil || status != http.StatusNoContent {
		t.Fatalf("send: %d %v", status, err)
	}
	eventually(t, 30*time.Second, "story after the restart", func() error {
		if len(cards(bot, "after-the-restart")) != 1 {
			return errMissing
		}
		return nil
	})
	if n := len(cards(bot, "Edgebell is alive")); n != 1 {
		t.Errorf("%d heartbeats after a restart within the minute, want 1", n)
	}
}

// TestBudgetHoldsBackAndSaysSo spends the day's budget with stories, then wants
// only what is critical to pass.
func TestBudgetHoldsBackAndSaysSo(t *testing.T) {
	t.Parallel()
	bot := feishutest.NewBot(feishutest.Options{})
	bot.Start()
	defer bot.Close()
	address := process.FreeAddress()
	startNotify(t, bot, address, t.TempDir(), "DATA_BUDGET_PER_DAY=50000", "GROUP_WAIT=10ms",
		"DIGEST_THRESHOLD=1000", "FEISHU_MAX_PER_MINUTE=100", "REPEAT_INTERVAL=1s")
	stop := time.Now().Add(2 * time.Minute)
	for i := 0; len(cards(bot, "wait for tomorrow")) == 0; i++ {
		if time.Now().After(stop) {
			t.Fatalf("nothing waits for tomorrow after %d stories in %d messages", i, len(bot.Messages()))
		}
		if _, err := send(address, fmt.Sprintf("spends-%d", i), 1); err != nil {
			t.Fatal(err)
		}
		before := len(bot.Messages())
		for range 30 { // until told or held back
			if len(bot.Messages()) > before {
				break
			}
			<-time.After(50 * time.Millisecond)
		}
	}
	critical := `{"metadata":{"namespace":"default","name":"node.1","uid":"n1"},"involvedObject":{"kind":"Node","name":"pi-1"},"type":"Warning","reason":"SystemOOM","message":"System OOM encountered"}`
	if err := sendBody(address, "node.1", critical); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the critical story", func() error {
		if len(cards(bot, "SystemOOM")) == 0 {
			return errMissing
		}
		return nil
	})
}

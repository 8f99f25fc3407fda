package notify

import (
	"testing"
	"time"
)

// muting is edge with a window of MUTE that begins an hour after the bubble.
func muting(selector string) func(*Config) {
	return func(c *Config) { edge(c); c.Conditions.Mute = selector + " @ 09:00-17:00" }
}

// vouched has the clock be a sure one.
func (h *harness) vouched() {
	h.f.usage.mu.Lock()
	defer h.f.usage.mu.Unlock()
	h.f.usage.now = func() (time.Time, bool) { return time.Now(), true }
}

// TestWhatIsMutedOfAPodIsNotOnItsNodesCard, and is told when the window ends.
func TestWhatIsMutedOfAPodIsNotOnItsNodesCard(t *testing.T) {
	edgeTest(t, muting("reason=BackOff"), func(t *testing.T, h *harness) {
		h.vouched()
		time.Sleep(2 * time.Hour) // 10:00
		h.says(t, "Warning Pod shop/db-0 BackOff n1")
		time.Sleep(time.Minute)
		h.says(t, "Normal Node n1 NodeNotReady", "Warning Pod shop/db-0 NodeNotReady")
		time.Sleep(time.Hour)
		h.want(t, "n1 NodeNotReady ×1 firing + db-0 NodeNotReady ×1 firing")
		time.Sleep(7 * time.Hour)
		h.want(t, "n1 NodeNotReady ×1 firing + db-0 NodeNotReady ×1 firing", "db-0 BackOff ×1 firing")
	})
}

// TestAPodDoesNotTellAMutedNodes, however soon that is due.
func TestAPodDoesNotTellAMutedNodes(t *testing.T) {
	edgeTest(t, muting("kind=Node"), func(t *testing.T, h *harness) {
		h.vouched()
		time.Sleep(time.Hour - 2*time.Second) // 08:59:58, told after 09:00 at the soonest
		h.says(t, "Normal Node n1 NodeNotReady")
		time.Sleep(time.Minute)
		h.says(t, "Warning Pod shop/db-0 NodeNotReady")
		time.Sleep(time.Hour)
		h.want(t, "db-0 NodeNotReady ×1 firing")
		time.Sleep(8 * time.Hour)
		h.want(t, "db-0 NodeNotReady ×1 firing", "n1 NodeNotReady ×1 firing")
	})
}

package notify

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestNothingNewBeginsAfterTheEnd: the card that is on its way when the process
// is asked to stop is the last one.
func TestNothingNewBeginsAfterTheEnd(t *testing.T) {
	for range 20 { // a select would choose by chance
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t, nil)
			defer func() { _ = h.l.Close() }()
			ctx, cancel := context.WithCancel(t.Context())
			h.ch.answer = func(int, int, Outgoing) error {
				cancel()
				time.Sleep(2 * time.Second) // a slow link, and the next may go out
				return nil
			}
			for i := range 3 {
				h.happen(t, i, 1)
			}
			done := make(chan struct{})
			go func() { defer close(done); h.f.Run(ctx) }()
			time.Sleep(10 * time.Minute)
			<-done
			if n := h.ch.tried(); n != 1 {
				t.Fatalf("%d messages sent, want the one that was on its way", n)
			}
		})
	}
}

package ledger

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// TestRemuteWhoseCallerLeaves while its change is made: it happens all the same,
// and nobody looks at what the writer still counts.
func TestRemuteWhoseCallerLeaves(t *testing.T) {
	t.Parallel()
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	const stories = 3
	for i := range stories {
		r := Trouble(numbered("shop", i, i))
		r.MutedFor = time.Hour
		if err := l.Take(t.Context(), []Report{r}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(due(t, l)); n != 0 {
		t.Fatalf("%d muted stories are due", n)
	}
	ctx, leave := context.WithCancel(t.Context())
	n, err := l.Remute(ctx, func(alert.Alert) time.Duration {
		leave()
		time.Sleep(100 * time.Millisecond) // the caller is gone; a signal from it would hide the race
		return 0
	})
	if n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d changed, error %v; want an error of the context", n, err)
	}
	left := func(alert.Alert) time.Duration { return 0 }
	if n, err := l.Remute(t.Context(), left); n != 0 || err != nil { // after the first
		t.Errorf("again: %d changed, error %v; want nothing more to change", n, err)
	}
	if n := len(due(t, l)); n != stories {
		t.Errorf("%d stories are due, want %d", n, stories)
	}
}

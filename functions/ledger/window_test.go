package ledger

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/edgebell/edgebell/functions/alert"
)

// TestWindow holds the window to its word: enough within Within always ring,
// and what rings came within Within and a step; up to 16 it is exact. It stays
// small whatever is asked for.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		min := alert.MinCount{
			N:      rapid.SampledFrom([]int{2, 3, steps, steps + 1, 100, 1000}).Draw(t, "n"),
			Within: rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 24 * time.Hour}).Draw(t, "within"),
		}
		slack := Time(min.Within / steps)
		if min.N <= steps {
			slack = 0
		}
		var w window
		var now Time
		var came []Time
		for range rapid.IntRange(1, 200).Draw(t, "events") {
			now += Time(rapid.Int64Range(0, 4*int64(min.Within)/int64(min.N)).Draw(t, "pause"))
			n := rapid.Int64Range(1, 3).Draw(t, "count")
			for range n {
				came = append(came, now)
			}
			within := func(d Time) (n int) {
				for _, at := range came {
					if at > now-d {
						n++
					}
				}
				return n
			}
			rings := w.add(now, min, n)
			if enough := within(Time(min.Within)) >= min.N; enough && !rings {
				t.Fatalf("%d came within %s and it does not ring for %+v", within(Time(min.Within)), min.Within, min)
			}
			if nearly := within(Time(min.Within)+slack) >= min.N; rings && !nearly {
				t.Fatalf("it rings for %+v, but only %d came", min, within(Time(min.Within)+slack))
			}
			if len(w.Counts) > steps+2 {
				t.Fatalf("%d counts are kept", len(w.Counts))
			}
			if end := now.After(min.Within); w.ends() < end || w.ends() > end+slack {
				t.Fatalf("ends at %v, want %v to %v", w.ends(), end, end+slack)
			}
			if rings {
				return
			}
		}
	})
}

package ledger

import (
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// window counts what came lately of a story that is not to be told before it
// happened often enough.
//
// It holds at most 2*steps counts whatever is asked for, and so does not know
// each time. Where N is at most steps it is exact. Above that, occurrences
// that came within a step of Within/steps share a count that leaves with the
// latest time it could hold: a story is told whenever N came within Within, and
// never when N did not even come within Within and a step. To ring a little
// early is the better error.
type window struct {
	Within time.Duration `json:"w"`
	// Counts are a time each and how many came until then, oldest first.
	Counts [][2]int64 `json:"c"`
}

const steps = 16

// asks says whether min asks for anything.
func asks(min alert.MinCount) bool { return min.N > 1 && min.Within > 0 }

// add counts n occurrences and says whether there are enough now.
func (w *window) add(now Time, min alert.MinCount, n int64) bool {
	w.Within = bounded(min.Within)
	w.leave(now)
	until := now
	if step := Time(w.Within / steps); min.N > steps && step > 0 {
		until = now/step*step + step - 1
	}
	last := len(w.Counts) - 1
	if last >= 0 && Time(w.Counts[last][0]) >= now {
		w.Counts[last][1] += n
	} else {
		w.Counts = append(w.Counts, [2]int64{int64(until), n})
	}
	var sum int64
	for _, c := range w.Counts {
		sum += c[1]
	}
	return sum >= int64(min.N)
}

// leave forgets what came longer ago than the window reaches.
func (w *window) leave(now Time) {
	for len(w.Counts) > 0 && Time(w.Counts[0][0]).After(w.Within) <= now {
		w.Counts = w.Counts[1:]
	}
}

// ends is when the last of it leaves.
func (w *window) ends() Time {
	if len(w.Counts) == 0 {
		return 1
	}
	return max(Time(w.Counts[len(w.Counts)-1][0]).After(w.Within), 1)
}

// bounded is d as a row may hold it, far from what a Time can.
func bounded(d time.Duration) time.Duration { return min(max(d, 0), maxTime) }

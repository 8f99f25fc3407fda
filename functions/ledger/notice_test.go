package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func gapAt(hour int) Gap {
	return Gap{From: day.Add(time.Duration(hour) * time.Hour), To: day.Add(time.Duration(hour)*time.Hour + 1), Why: GapSourceDown}
}

func TestNoticesToldAsRendered(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	ctx := context.Background()
	if err := errors.Join(l.AddGap(gapAt(0)), l.AddGap(gapAt(0)), l.AddDropped("refused", 3)); err != nil {
		t.Fatal(err)
	}
	rendered := l.Notices()
	same(t, "rendered", Notices{Gaps: []Gap{gapAt(0)}, Dropped: map[string]int64{"refused": 3}}, rendered)
	// While the card is on its way more happens.
	if err := errors.Join(l.AddGap(gapAt(1)), l.AddDropped("refused", 2), l.AddDropped("parked", 1)); err != nil {
		t.Fatal(err)
	}
	want := Notices{Gaps: []Gap{gapAt(1)}, Dropped: map[string]int64{"refused": 2, "parked": 1}}
	for range 2 { // a mark whose commit was in doubt is tried again
		if err := l.Delivered(ctx, route, nil, rendered); err != nil {
			t.Fatal(err)
		}
		same(t, "left to tell", want, l.Notices())
	}
	if err := l.Delivered(ctx, route, nil, l.Notices()); err != nil {
		t.Fatal(err)
	}
	if n := l.Notices(); !n.Empty() {
		t.Errorf("left to tell: %+v", n)
	}
	same(t, "dropped in all", map[string]int64{"refused": 5, "parked": 1}, l.Counts().Dropped)
}

func TestNoticesAreBounded(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	for i := range 3 * maxGaps {
		if err := l.AddGap(gapAt(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 * maxReasons {
		if err := l.AddDropped(fmt.Sprint("reason", i), 1); err != nil {
			t.Fatal(err)
		}
	}
	n := l.Notices()
	same(t, "gaps", [2]int64{maxGaps, 2 * maxGaps}, [2]int64{int64(len(n.Gaps)), n.MoreGaps})
	same(t, "reasons", [2]int64{maxReasons + 1, maxReasons}, [2]int64{int64(len(n.Dropped)), n.Dropped[droppedOther]})
	if err := l.Delivered(context.Background(), route, nil, n); err != nil {
		t.Fatal(err)
	}
	if n := l.Notices(); !n.Empty() {
		t.Errorf("left to tell: %+v", n)
	}
}

func TestParkCountsOnce(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	put(t, l, event("shop", "web-0", "a", 4))
	marks := []Mark{MarkOf(due(t, l)[0])}
	for range 2 {
		if err := l.Park(context.Background(), route, marks); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "dropped", map[string]int64{DroppedParked: 4}, l.Counts().Dropped)
	same(t, "due", 0, len(due(t, l)))
}

// TestTwoRoutesTellTheSame shows that what two routes had read to tell is taken
// off once, and nothing of what came in between, not even where the second
// finds what looks like its own.
func TestTwoRoutesTellTheSame(t *testing.T) {
	l := open(t, testConfig(tempDir(t)), WithRoutes("a", "b"))
	happens := func(hours ...int) {
		t.Helper()
		for _, h := range hours {
			if err := errors.Join(l.AddGap(gapAt(h)), l.AddDropped("refused", 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tells := func(route string, n Notices) {
		t.Helper()
		if err := l.Delivered(context.Background(), route, nil, n); err != nil {
			t.Fatal(err)
		}
	}
	happens(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	a := l.Notices()
	happens(10, 11, 12)
	b := l.Notices()
	same(t, "numbers", []int64{2, 5, 10, 13}, []int64{a.MoreGaps, b.MoreGaps, a.Dropped["refused"], b.Dropped["refused"]})
	tells("a", a)
	left := l.Notices()
	same(t, "after a", []int64{3, 3, 3}, []int64{int64(len(left.Gaps)), left.MoreGaps, left.Dropped["refused"]})
	happens(9, 20, 21, 22, 23, 24, 25, 26) // 9 is told by b, too
	same(t, "pushed out", int64(6), l.Notices().MoreGaps)
	tells("b", b)
	left = l.Notices()
	same(t, "after b", []int64{3, 8}, []int64{left.MoreGaps, left.Dropped["refused"]})
	same(t, "gaps left", []Gap{gapAt(20), gapAt(21), gapAt(22), gapAt(23), gapAt(24), gapAt(25), gapAt(26)}, left.Gaps)
	tells("a", b)
	tells("a", a)
	same(t, "told again", left, l.Notices())
	tells("a", left)
	same(t, "all told", true, l.Notices().Empty())
}

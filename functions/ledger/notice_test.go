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

package ledger

import (
	"context"
	"testing"

	"github.com/edgebell/edgebell/functions/alert"
)

// TestReroute: what waits on a route that was taken out of the configuration is
// told on the one that takes it now, and what it had told is not told again.
func TestReroute(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.GroupWait, cfg.RepeatInterval = 0, 0
	l := open(t, cfg, WithRoutes("old", "kept"))
	take := func(name string, n int64, routes ...string) {
		t.Helper()
		r := Trouble(event("shop", name, "uid-"+name, n))
		r.Routes = routes
		if err := l.Take(context.Background(), []Report{r}); err != nil {
			t.Fatal(err)
		}
	}
	take("waits", 3, "old")
	take("both", 4, "old", "kept")
	take("told", 5, "old")
	for _, g := range dueOn(t, l, "old") {
		if g.Newest.Name == "told" {
			if err := l.Delivered(t.Context(), "old", []Mark{MarkOf(g)}, Notices{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	closeLedger(t, l)

	l = open(t, cfg, WithRoutes("kept", "new"))
	asked := 0
	moved, err := l.Reroute(t.Context(), func(alert.Alert) []string { asked++; return []string{"new"} })
	if err != nil || moved != 2 || asked != 2 {
		t.Fatalf("%d moved, %d asked for, error %v, want 2 groups", moved, asked, err)
	}
	take("told", 9, "new") // the same Event goes on
	for route, want := range map[string]map[string]int64{"new": {"waits": 3, "told": 4}, "kept": {"both": 4}} {
		got := map[string]int64{}
		for _, g := range dueOn(t, l, route) {
			got[g.Newest.Name] = g.Undelivered(route)
		}
		same(t, "untold on "+route, want, got)
	}
	if moved, err := l.Reroute(t.Context(), func(alert.Alert) []string { return []string{"kept"} }); moved != 0 || err != nil {
		t.Errorf("a second time: %d moved, error %v", moved, err)
	}
	closeLedger(t, l)
}

func dueOn(t *testing.T, l *Ledger, route string) []alert.Group {
	t.Helper()
	groups, err := l.Due(route)
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

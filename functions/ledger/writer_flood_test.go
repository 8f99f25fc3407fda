package ledger

import (
	"fmt"
	"testing"

	"github.com/edgebell/edgebell/functions/alert"
)

// TestFloodOfOneWriter: who writes in one namespace about objects in thousands
// takes the room of one, and what found none is one line in its own name.
func TestFloodOfOneWriter(t *testing.T) {
	t.Parallel()
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	var honest []string
	for i := 0; i < 4000; i += 500 {
		alerts := make([]alert.Alert, 500)
		for k := range alerts {
			alerts[k] = floodAlert(fmt.Sprint("victim-", i+k), i+k)
			alerts[k].EventNamespace = "evil"
		}
		put(t, l, alerts...)
		for k := range 4 { // others, each with some stories, go on meanwhile
			a := event(fmt.Sprint("shop-", k), fmt.Sprintf("web-%d-%d", k, i), "uid", 1)
			honest = append(honest, a.Name)
			put(t, l, a)
		}
	}
	checkBounds(t, l)
	got := totals(t, l)
	for _, name := range honest {
		if got[name] != 1 {
			t.Errorf("story %s: want 1, got %d", name, got[name])
		}
	}
	var lines []string
	for _, g := range due(t, l) {
		if g.Overflow {
			lines = append(lines, fmt.Sprint(g.Newest.Namespace, " ", g.Newest.Kind, " ", g.Newest.Reason))
		}
	}
	same(t, "lines of many stories", []string{"evil * *"}, lines)
	if l.have.perNS[nsKeyOf("edge", "evil")] == 0 || l.have.perNS[nsKeyOf("edge", "victim-1")] != 0 {
		t.Errorf("rows are counted as their objects': %v", l.have.perNS)
	}
}

// TestNobodyEndsAnothersTrouble, nor keeps it from ending.
func TestNobodyEndsAnothersTrouble(t *testing.T) {
	t.Parallel()
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	trouble, good := podEvent("web", "Warning", "FailedScheduling"), podEvent("web", "Normal", "Scheduled")
	trouble.Last = trouble.Last.Add(-1e9)
	take(t, l, trouble)
	forged := good
	forged.EventNamespace, forged.EventName = "evil", "forged.1"
	take(t, l, forged)
	if g := due(t, l); len(g) != 1 || !g[0].Healed().IsZero() {
		t.Error("another's word counts as good news")
	}
	denied := forged // trouble that another claims, in the very same second
	denied.Type, denied.Reason, denied.EventName = "Warning", "FailedScheduling", "denied.1"
	take(t, l, good, denied)
	row := l.index[trouble.Fingerprint()]
	if !row.marked {
		t.Error("another's word has kept good news from being believed")
	}
}

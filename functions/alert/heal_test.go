package alert

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeals(t *testing.T) {
	for _, tc := range []struct {
		kind, eventType, reason string
		trouble                 string
		want                    time.Duration // 0: does not end it
	}{
		{"Node", "Normal", "NodeReady", "NodeNotReady", time.Minute},
		{"Node", "Normal", "NodeReady", "NodeNotSchedulable", 0}, // a cordoned node is ready
		{"Node", "Normal", "NodeReady", "Rebooted", 0},
		{"Node", "Normal", "NodeSchedulable", "NodeNotSchedulable", time.Minute},
		{"Node", "Normal", "NodeNotReady", "NodeNotReady", 0},
		{"Pod", "Normal", "Scheduled", "FailedScheduling", time.Minute},
		{"Pod", "Normal", "Started", "BackOff", 10 * time.Minute},
		{"Pod", "Normal", "Started", "Failed", 10 * time.Minute}, // of a pull, too
		{"Pod", "Normal", "Pulled", "Failed", 0},                 // the Secret is missing still
		{"Pod", "Normal", "BackOff", "Failed", 0},
		{"Pod", "Normal", "Started", "NodeNotReady", 0},
		{"Pod", "Warning", "Started", "BackOff", 0}, // nobody says so
		{"Job", "Normal", "Completed", "BackoffLimitExceeded", 0},
		{"ReplicaSet", "Normal", "SuccessfulCreate", "FailedCreate", 10 * time.Minute},
		{"Deployment", "Normal", "ScalingReplicaSet", "FailedCreate", 0},
		{"Addon", "Normal", "AppliedManifest", "ApplyManifestFailed", time.Minute},
	} {
		a := Alert{Kind: tc.kind, Type: tc.eventType, Reason: tc.reason}
		if got := a.Heals()[tc.trouble]; got != tc.want {
			t.Errorf("%s %s of a %s ends %s after %s, want %s", tc.eventType, tc.reason, tc.kind, tc.trouble, got, tc.want)
		}
	}
}

func TestGroupHeal(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 3, 1, 2, 14, s, 0, time.UTC) }
	trouble := func(name string, s int) Alert {
		return Alert{Kind: "Pod", Name: name, Reason: "BackOff", Type: "Warning", Last: at(s)}
	}
	g := NewGroup(trouble("a", 10))
	g.Add(trouble("a", 10), 1)
	g.Add(trouble("b", 12), 1)
	type step struct {
		name string
		at   time.Time
	}
	heal := func(s step) bool { return g.Heal(s.name, s.at) }
	for _, tc := range []struct {
		what      string
		do        func() bool
		want, all bool
	}{
		{"older news", func() bool { return heal(step{"a", at(9)}) }, false, false},
		{"news without a time", func() bool { return heal(step{"a", time.Time{}}) }, false, false},
		{"news of another object", func() bool { return heal(step{"c", at(20)}) }, false, false},
		{"news of the same second", func() bool { return heal(step{"a", at(10)}) }, true, false},
		{"newer news", func() bool { return heal(step{"a", at(11)}) }, true, false},
		{"the same again", func() bool { return heal(step{"a", at(11)}) }, false, false},
		{"news of the last one", func() bool { return heal(step{"b", at(13)}) }, true, true},
		{"new trouble", func() bool { g.Add(trouble("a", 11), 1); return g.AllWell() }, false, false},
		{"old news again", func() bool { return heal(step{"a", at(11)}) }, false, false},
		{"later news", func() bool { return heal(step{"a", at(15)}) }, true, true},
		{"objects unlisted", func() bool { g.MoreObjects++; return g.AllWell() }, false, false},
	} {
		got := [2]bool{tc.do(), g.AllWell()}
		if diff := cmp.Diff([2]bool{tc.want, tc.all}, got); diff != "" {
			t.Errorf("%s: changed, all well (-want +got):\n%s", tc.what, diff)
		}
	}
	if !g.Healed().Equal(at(15)) {
		t.Errorf("healed at %s, want %s", g.Healed(), at(15))
	}
	told := g
	told.State = Recovered
	if g.ShortID(DefaultRoute) == told.ShortID(DefaultRoute) {
		t.Error("the card of the recovery has the id of the trouble's")
	}
}

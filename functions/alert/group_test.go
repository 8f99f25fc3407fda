package alert

import (
	"testing"
	"time"
)

func TestFingerprint(t *testing.T) {
	base := Alert{
		Cluster: "edge", Namespace: "shop", Kind: "Pod", Name: "web-66869b676-8ls2m", Type: "Warning",
		Reason: "BackOff", Component: "kubelet", Node: "pi-2", Message: "back-off 10s", EventUID: "1", Count: 1, Last: recorded,
	}
	tests := []struct {
		about  string
		change func(*Alert)
		same   bool
	}{
		{"message", func(a *Alert) { a.Message = "(combined from similar events): back-off 20s" }, true},
		{"count", func(a *Alert) { a.Count = 2 }, true},
		{"time", func(a *Alert) { a.Last = recorded.Add(time.Hour) }, true},
		{"node", func(a *Alert) { a.Node = "pi-3" }, true},
		{"Event", func(a *Alert) { a.EventName, a.EventUID = "other", "2" }, true},
		{"replica", func(a *Alert) { a.Name = "web-66869b676-x2v4z" }, true},
		{"rollout", func(a *Alert) { a.Name = "web-7d9f8c6b5-x2v4z" }, true},
		{"cluster", func(a *Alert) { a.Cluster = "edge-2" }, false},
		{"namespace", func(a *Alert) { a.Namespace = "other" }, false},
		{"kind", func(a *Alert) { a.Kind = "ReplicaSet" }, false},
		{"workload", func(a *Alert) { a.Name = "api-66869b676-8ls2m" }, false},
		{"type", func(a *Alert) { a.Type = "Normal" }, false},
		{"reason", func(a *Alert) { a.Reason = "Failed" }, false},
		{"component", func(a *Alert) { a.Component = "other" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			a := base
			tt.change(&a)
			if same := a.Fingerprint() == base.Fingerprint(); same != tt.same {
				t.Errorf("same fingerprint: %v, want %v", same, tt.same)
			}
		})
	}
}

// A character that moves from one field to the next makes another list.
func TestFingerprintFieldsDoNotRun(t *testing.T) {
	lists := [][]string{{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}, {"abc"}, {"ab", "c", ""}, {"", "ab", "c"}}
	seen := map[Fingerprint][]string{}
	for _, fields := range lists {
		f := hashFields(fields...)
		if other, taken := seen[f]; taken {
			t.Errorf("%q and %q have one fingerprint", fields, other)
		}
		seen[f] = fields
	}
	a := Alert{Namespace: "web", Kind: "Pod"}
	b := Alert{Namespace: "we", Kind: "bPod"}
	if a.Fingerprint() == b.Fingerprint() {
		t.Error("one fingerprint for two Alerts whose fields run together")
	}
}

// The fingerprint is a key on the disk: a new version must find its old rows.
func TestFingerprintIsStable(t *testing.T) {
	a := Alert{Cluster: "edge", Namespace: "shop", Kind: "Pod", Name: "web-0", Type: "Warning", Reason: "BackOff", Component: "kubelet"}
	const want = "d4e6cc7a078f41004556fe9f38654bd7"
	if got := a.Fingerprint().String(); got != want {
		t.Errorf("fingerprint %s, want %s", got, want)
	}
}

func TestShortID(t *testing.T) {
	g := Group{Fingerprint: hashFields("a"), Total: 5}
	id := g.ShortID(DefaultRoute)
	if len(id) != 8 {
		t.Errorf("short id %q, want eight digits", id)
	}

	g.Total = 9 // more arrived while the answer was awaited
	if again := g.ShortID(DefaultRoute); again != id {
		t.Errorf("sent again before it was delivered: %s, want %s", again, id)
	}
	g.Delivered = map[string]int64{"other": 9}
	if again := g.ShortID(DefaultRoute); again != id {
		t.Errorf("delivered on another route: %s, want %s", again, id)
	}
	ids := map[string]string{id: "nothing delivered", g.ShortID("other"): "other route"}
	g.Delivered[DefaultRoute] = 9
	ids[g.ShortID(DefaultRoute)] = "delivered"
	g.Fingerprint = hashFields("b")
	ids[g.ShortID(DefaultRoute)] = "another group"
	if len(ids) != 4 {
		t.Errorf("ids %v, want four", ids)
	}
}

func TestUndelivered(t *testing.T) {
	g := Group{Total: 9, Delivered: map[string]int64{DefaultRoute: 4}}
	if got := g.Undelivered(DefaultRoute); got != 5 {
		t.Errorf("undelivered %d, want 5", got)
	}
	if got := g.Undelivered("other"); got != 9 {
		t.Errorf("undelivered on a new route %d, want 9", got)
	}
}

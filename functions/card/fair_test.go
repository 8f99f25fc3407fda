package card

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// flooded are n grave stories that one namespace tells of others, of nodes and
// of its own, and one of each of the honest.
func flooded(n int, honest ...string) []alert.Group {
	var out []alert.Group
	add := func(event, namespace, name, reason string, count int64) {
		a := alert.Alert{
			Cluster: testCluster, EventNamespace: event, Namespace: namespace, Kind: "Pod", Name: name,
			Type: "Warning", Reason: reason, Count: count, First: time.Unix(60, 0), Last: time.Unix(3600, 0),
		}
		g := alert.NewGroup(a)
		g.Add(a, count)
		out = append(out, g)
	}
	for i := range n {
		add("evil", [2]string{"evil", fmt.Sprintf("victim-%d", i)}[i%2], fmt.Sprintf("x-%d", i), "SystemOOM", 1<<31-1)
	}
	for _, ns := range honest {
		add(ns, ns, "web", "Unhealthy", 1)
	}
	return out
}

// TestFloodLeavesRoom: whatever one namespace says, of whomever, the others'
// stories are among the foremost rows, and its rest is one line.
func TestFloodLeavesRoom(t *testing.T) {
	r := testRenderer(t, "en")
	groups := flooded(900, "shop", "gate", "camera")
	d := Digest{Groups: groups, Route: alert.DefaultRoute, SentAt: time.Unix(4000, 0)}
	p := r.layout(V2, d)
	parts, err := r.Digest(V2, d)
	if err != nil {
		t.Fatal(err)
	}
	v := p.view(0, p.named, true, 1, len(parts))
	for _, ns := range []string{"shop", "gate", "camera"} {
		if !strings.Contains(strings.Join(v.Rows, "\n"), "(Unhealthy) · Pod "+ns+"/web") {
			t.Errorf("%s is not among the foremost: %q", ns, v.Rows)
		}
	}
	if want := "… and 803 more stories of namespace evil with "; !strings.Contains(v.Details, want) || strings.Count(v.Details, "… and") != 1 {
		t.Errorf("details end %q, want %q", v.Details[len(v.Details)-200:], want)
	}
	if !strings.HasPrefix(v.Rows[0], "🔴") {
		t.Errorf("the first row is not the gravest: %q", v.Rows[0])
	}
}

// TestFloodUnderANode: nor does it take the places on a node's card.
func TestFloodUnderANode(t *testing.T) {
	r := testRenderer(t, "en")
	if got := strings.Join(r.related(flooded(500, "shop"), alert.DefaultRoute), "\n"); !strings.Contains(got, "Pod shop/web") {
		t.Errorf("told with the node: %s", got)
	}
}

// TestManyFloods: who floods from many namespaces is counted in few lines.
func TestManyFloods(t *testing.T) {
	r := testRenderer(t, "en")
	var groups []alert.Group
	for n := range 7 {
		for _, g := range flooded(60, "shop") {
			if g.Newest.EventNamespace == "evil" {
				g.Newest.EventNamespace = fmt.Sprintf("evil-%d", n)
			}
			groups = append(groups, g)
		}
	}
	got := r.layout(V2, Digest{Groups: groups, Route: alert.DefaultRoute}).last
	if strings.Count(got, "of namespace evil-") != crowds || !strings.Contains(got, "more groups with") {
		t.Errorf("counted only: %s", got)
	}
}

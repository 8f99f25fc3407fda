package card

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// silentNode is a node's story with those of its Pods.
func silentNode(pods, objects int) Story {
	at := time.Date(2026, 11, 24, 12, 4, 47, 0, time.UTC)
	node := alert.Alert{Cluster: testCluster, Kind: "Node", Name: "edge-1", Node: "edge-1", Type: "Normal", Reason: "NodeNotReady",
		Component: "node-controller", Message: "Node edge-1 status is now: NodeNotReady", Count: 1, First: at, Last: at}
	s := Story{Group: alert.NewGroup(node), Route: alert.DefaultRoute, SentAt: at.Add(6 * time.Second)}
	s.Group.Add(node, 1)
	for i := range pods {
		var g alert.Group
		for k := range objects {
			a := alert.Alert{Cluster: testCluster, Namespace: "store", Kind: "Pod", Name: fmt.Sprintf("web%d-7b5948d699-2kk%c%c", i, "bcdfg"[k/5], "bcdfg"[k%5]),
				Type: "Warning", Reason: "NodeNotReady", Component: "node-controller", Message: "Node is not ready", Count: 1, First: at, Last: at}
			if k == 0 {
				g = alert.NewGroup(a)
			}
			g.Add(a, 1)
		}
		s.Related = append(s.Related, g)
	}
	return s
}

func TestGoldenNodeWithItsPods(t *testing.T) {
	story := silentNode(12, 2)
	eachGolden(t, "own-node-not-ready-pods", func(r *Renderer, schema Schema) []Message {
		msg, err := r.Single(schema, story)
		if err != nil {
			t.Fatal(err)
		}
		return []Message{msg}
	})
}

func TestGoldenNodeRecovered(t *testing.T) {
	story := silentNode(0, 0)
	g := &story.Group
	g.Delivered = map[string]int64{alert.DefaultRoute: 1}
	if !g.Heal("edge-1", g.Last.Add(3*time.Minute)) {
		t.Fatal("the news do not heal the node")
	}
	g.State, story.SentAt = alert.Recovered, g.Last.Add(4*time.Minute)
	eachGolden(t, "own-node-recovered", func(r *Renderer, schema Schema) []Message {
		msg, err := r.Single(schema, story)
		if err != nil {
			t.Fatal(err)
		}
		return []Message{msg}
	})
}

// However many stories and however long their names: the card fits, and counts
// what it does not list.
func TestRelatedIsBounded(t *testing.T) {
	story := silentNode(300, alert.MaxObjects+1)
	for i := range story.Related {
		g := &story.Related[i]
		long := strings.Repeat(`"\`, 200)
		g.Newest.Namespace, g.Newest.Reason, g.Folded = long, long, long
	}
	story.Group.Newest.Message = strings.Repeat(`"`, 2000)
	for _, schema := range schemas {
		msg, err := testRenderer(t, "zh").Single(schema, story)
		if err != nil {
			t.Fatal(err)
		}
		checkSafe(t, schema, msg)
		for _, want := range []string{"受影响的 Pod：6000 个以上", "另有 290 个"} {
			if !strings.Contains(string(msg.Payload), want) {
				t.Errorf("schema %s: the card does not say %q", schema, want)
			}
		}
	}
}

//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// startNode runs a real kubelet whose containers are pretended.
func startNode(t *testing.T, c *cluster, name string) *running {
	t.Helper()
	return spawn(t, "controlplane", nil, "hollow-node", "--dir", c.Dir, "--name", name)
}

// wantReady wants n Pods whose condition Ready is as given.
func (c *cluster) wantReady(t *testing.T, n int, ready string) error {
	t.Helper()
	_, answer := c.do(t, http.MethodGet, "/api/v1/namespaces/demo/pods", "", nil)
	var list struct {
		Items []struct {
			Status struct {
				Conditions []struct{ Type, Status string }
			}
		}
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return err
	}
	have := 0
	for _, pod := range list.Items {
		for _, cond := range pod.Status.Conditions {
			if cond.Type == "Ready" && cond.Status == ready {
				have++
			}
		}
	}
	if have != n {
		return fmt.Errorf("%d of %d Pods have Ready %s, want %d", have, len(list.Items), ready, n)
	}
	return nil
}

func (c *cluster) wantNodeReady(t *testing.T, name string) error {
	t.Helper()
	status, answer := c.do(t, http.MethodGet, "/api/v1/nodes/"+name, "", nil)
	var node struct {
		Spec struct{ Taints []any }
	}
	if err := json.Unmarshal(answer, &node); err != nil || status != http.StatusOK {
		return fmt.Errorf("%d, %w", status, err)
	}
	if n := len(node.Spec.Taints); n != 0 {
		return fmt.Errorf("%d taints keep Pods off the node", n)
	}
	return nil
}

// TestNodeIsLostAndComesBack: a node goes silent as without power. The real
// node controller says so of the node, in a Normal Event, and of each Pod; the
// readers get one card. It comes back, its kubelet says so, and after the
// hold-down there is one green card.
func TestNodeIsLostAndComesBack(t *testing.T) {
	t.Parallel()
	c := startCluster(t, "--controller-manager-arg", "node-monitor-grace-period=20s", "--controller-manager-arg", "node-monitor-period=2s")
	c.prepare(t)
	bot := feishutest.NewBot(feishutest.Options{Keywords: []string{"edgebell"}})
	bot.Start()
	t.Cleanup(bot.Close)
	sink := process.FreeAddress()
	startNotify(t, bot, sink, t.TempDir(), "FEISHU_KEYWORD=edgebell", "GROUP_WAIT=4s", "FEISHU_MAX_PER_MINUTE=100",
		"FILTER=type=Warning;kind=Node,reason in (NodeNotReady)")
	startSource(t, c, sink)

	node := startNode(t, c, "edge-1")
	eventually(t, time.Minute, "the node is ready", func() error { return c.wantNodeReady(t, "edge-1") })
	for name, replicas := range map[string]int{"till": 2, "kiosk": 1, "camera": 1} {
		c.create(t, "/apis/apps/v1/namespaces/demo/deployments", deployment(name, replicas))
	}
	eventually(t, time.Minute, "four Pods are ready", func() error { return c.wantReady(t, 4, "True") })
	node.Kill()
	lost := time.Now()
	trouble := wantCard(t, bot, time.Minute, "Node edge-1", "NodeNotReady", "Pods affected: 4", "demo/till-*", "demo/kiosk-", "demo/camera-")
	t.Logf("told %s after the power went", time.Since(lost).Round(time.Second))
	if err := c.wantReady(t, 4, "False"); err != nil {
		t.Error(err)
	}

	startNode(t, c, "edge-1")
	back := time.Now()
	green := wantCard(t, bot, 2*time.Minute, "Recovered", "Node edge-1", "well since")
	t.Logf("told %s after the power came", time.Since(back).Round(time.Second))
	if green.Template != "green" || trouble.Template == "green" {
		t.Errorf("the cards are %q and %q, want the second alone green", trouble.Template, green.Template)
	}
	if took := time.Since(back); took < time.Minute {
		t.Errorf("recovered after %s, want the hold-down of a minute first", took)
	}
	// Everything that rang about it is on these two.
	for _, m := range cards(bot, "NodeNotReady") {
		if text(m) != text(trouble) && text(m) != text(green) {
			t.Errorf("a further card about the node or its Pods:\n%s", text(m))
		}
	}
	if n := len(cards(bot, "Recovered", "Node edge-1")); n != 1 {
		t.Errorf("%d cards say that it is over, want 1", n)
	}
	for _, m := range bot.Messages() {
		checkMessage(t, m)
	}
}

// wantCard waits for the one card with all of words.
func wantCard(t *testing.T, bot *feishutest.Bot, within time.Duration, words ...string) (m feishutest.Message) {
	t.Helper()
	eventually(t, within, fmt.Sprintf("a card with %q", words), func() error {
		found := cards(bot, words...)
		if len(found) != 1 {
			return fmt.Errorf("%d cards, want 1 of %d", len(found), len(bot.Messages()))
		}
		m = found[0]
		return nil
	})
	return m
}

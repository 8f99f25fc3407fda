//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
	"github.com/edgebell/edgebell/k3s/process"
)

// routed is a function with three routes to three channels, fed by a cluster.
type routed struct {
	c      *cluster
	bot    *feishutest.Bot // default
	hook   *webhooktest.Receiver
	slack  *brokenSlack
	at     string
	dir    string
	notify *running
}

func startRouted(t *testing.T) *routed {
	t.Helper()
	r := &routed{
		c: startCluster(t), bot: feishutest.NewBot(feishutest.Options{Secret: "s3cret"}), slack: newBrokenSlack(t),
		hook: webhooktest.NewReceiver(webhooktest.ReceiverOptions{Path: "/team", Token: "token-of-the-team"}), at: process.FreeAddress(), dir: t.TempDir(),
	}
	r.bot.Start()
	t.Cleanup(r.bot.Close)
	t.Cleanup(r.hook.Close)
	r.c.prepare(t)
	r.c.create(t, "/api/v1/namespaces", object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": "shop"}})
	r.start(t)
	startSource(t, r.c, r.at)
	return r
}

// start runs the function: the first route lets those after it take what it
// took, the default route takes what no other has.
func (r *routed) start(t *testing.T) {
	t.Helper()
	r.notify = startNotify(t, r.bot, r.at, r.dir, "FEISHU_SECRET=s3cret", "GROUP_WAIT=1s", "REPEAT_INTERVAL=2s", "DIGEST_THRESHOLD=100", "FEISHU_MAX_PER_MINUTE=100",
		"ROUTES=team,platform",
		"ROUTE_TEAM_MATCH=namespace="+namespace, "ROUTE_TEAM_CONTINUE=true", "ROUTE_TEAM_CHANNEL=webhook",
		"ROUTE_TEAM_URL="+r.hook.Address(), "ROUTE_TEAM_TOKEN=token-of-the-team", "ROUTE_TEAM_MAX_PER_MINUTE=600",
		"ROUTE_PLATFORM_MATCH=kind=Node;severity=critical", "ROUTE_PLATFORM_CHANNEL=slack",
		"ROUTE_PLATFORM_URL="+r.slack.URL()+"/services/T0EDGEBELL/B0EDGEBELL/s3cr3tOfTheSlackHook0000")
}

// messages are what each route's channel has taken.
func (r *routed) messages(t *testing.T) map[string][]said {
	t.Helper()
	return map[string][]said{"team": saidByWebhook(t, r.hook), "platform": r.slack.said(t), "default": saidByFeishu(r.bot)}
}

// wants waits until a route has told a story so many times.
func (r *routed) wants(t *testing.T, within time.Duration, route, reason, name string, total int64) {
	t.Helper()
	eventually(t, within, route+" tells "+reason, func() error {
		got, n := lastOf(r.messages(t)[route], reason, name)
		if got != total {
			return fmt.Errorf("%d messages, the last of %d occurrences, want %d", n, got, total)
		}
		return nil
	})
}

// quiet waits until the routes have nothing left to tell.
func (r *routed) quiet(t *testing.T, within time.Duration, routes ...string) {
	t.Helper()
	eventually(t, within, fmt.Sprintf("%v have told all", routes), func() error {
		states, err := routeStates(r.at)
		if err != nil {
			return err
		}
		for _, name := range routes {
			if s, ok := states[name]; !ok || s.Backlog.Groups > 0 || s.Link.State != "up" {
				return fmt.Errorf("route %s is %+v", name, s)
			}
		}
		return nil
	})
}

// soon is what a channel that works may take, whatever another one does: far
// less than a try that hangs.
const soon = 12 * time.Second

// TestOneBrokenChannelHoldsUpNoOther: three routes to three channels, of which
// Slack is broken for the whole run. The others tell theirs in time and once,
// before and after a power cut; Slack's is kept, and told when it is mended.
func TestOneBrokenChannelHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	r := startRouted(t)
	r.c.create(t, "/apis/apps/v1/namespaces/demo/deployments", deployment("sensor-gw", 3))
	r.c.create(t, "/api/v1/namespaces/demo/persistentvolumeclaims", claim("recordings", "no-such-class"))
	r.c.create(t, "/api/v1/namespaces/default/events", aboutNode("pi-1.1", "pi-1", "Rebooted", "Node pi-1 has been rebooted", 2))
	r.c.create(t, coreEvents, coreEvent("cam.1", "Pod", "camera-front", "Warning", "Evicted", "The node was low on resource: memory", 3))
	r.c.create(t, "/api/v1/namespaces/shop/events", in("shop", coreEvent("till.1", "Pod", "till", "Warning", "Unhealthy", "Readiness probe failed", 4)))

	r.wants(t, soon, "team", "Evicted", "demo/camera-front", 3)
	r.wants(t, soon, "default", "Unhealthy", "shop/till", 4)
	eventually(t, time.Minute, "the Deployment's Pods are told", func() error {
		if _, n := lastOf(saidByWebhook(t, r.hook), "FailedScheduling", "demo/sensor-gw-"); n == 0 {
			return errMissing
		}
		return nil
	})
	eventually(t, time.Minute, "Slack hangs", func() error { return r.slack.wantHung(1) })

	// While it hangs, news reach the others.
	r.c.repeat(t, "cam.1", 8)
	r.c.create(t, "/api/v1/namespaces/shop/events", in("shop", coreEvent("kiosk.1", "Pod", "kiosk", "Warning", "Unhealthy", "Readiness probe failed", 5)))
	r.wants(t, soon, "team", "Evicted", "demo/camera-front", 8)
	r.wants(t, soon, "default", "Unhealthy", "shop/kiosk", 5)
	r.quiet(t, 30*time.Second, "team", "default")
	r.wantKept(t)

	r.notify.Kill()
	r.start(t)
	r.c.create(t, coreEvents, coreEvent("cam.2", "Pod", "camera-back", "Warning", "BackOff", "Back-off restarting", 6))
	r.c.create(t, "/api/v1/namespaces/default/events", aboutNode("pi-2.1", "pi-2", "Rebooted", "Node pi-2 has been rebooted", 7))
	r.c.create(t, "/api/v1/namespaces/shop/events", in("shop", coreEvent("scale.1", "Pod", "scale", "Warning", "Unhealthy", "Liveness probe failed", 9)))
	r.wants(t, soon, "team", "BackOff", "demo/camera-back", 6)
	r.wants(t, soon, "default", "Unhealthy", "shop/scale", 9)
	eventually(t, time.Minute, "Slack hangs after the restart too", func() error { return r.slack.wantHung(2) })
	r.wantKept(t)

	close(r.slack.mended)
	r.quiet(t, 2*time.Minute, "team", "platform", "default")
	r.wants(t, soon, "platform", "Evicted", "demo/camera-front", 8)
	r.wants(t, soon, "platform", "Rebooted", "pi-1", 2)
	r.wants(t, soon, "platform", "Rebooted", "pi-2", 7)
	r.c.holdWriters(t)
	r.c.wantCounts(t, r.at)
	r.quiet(t, time.Minute, "team", "platform", "default")
	r.judge(t)
}

// wantKept wants Slack's stories to wait, and its link to be known as down.
func (r *routed) wantKept(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, "Slack's stories wait", func() error {
		states, err := routeStates(r.at)
		if err != nil {
			return err
		}
		if s := states["platform"]; s.Backlog.Groups < 3 || s.Link.State != "down" || s.Link.LastError == "" || strings.Contains(s.Link.LastError, "s3cr3t") {
			return fmt.Errorf("route platform is %+v, want three stories and a link that is down", s)
		}
		return nil
	})
	if taken := r.slack.said(t); len(taken) > 0 {
		t.Fatalf("Slack has taken %d messages while it was broken", len(taken))
	}
}

// judge compares, story by story, what each channel told last with what the API
// server holds, and wants every story on its routes and on no other.
func (r *routed) judge(t *testing.T) {
	t.Helper()
	events, messages := r.c.heldWarnings(t), r.messages(t)
	r.notify.end(t)
	groups := routedGroups(t, r.dir, "team", "platform", "default")
	if len(groups) < 8 {
		t.Errorf("%d stories, want at least eight", len(groups))
	}
	for _, g := range groups {
		name, want := strings.TrimSuffix(g.Newest.Namespace+"/"+g.Folded, "*"), happened(events, g)
		if g.Newest.Kind == "Node" {
			name = g.Newest.Name
		}
		if g.Total != want || want == 0 {
			t.Errorf("%s: %d occurrences in the ledger, %d on the API server", storyName(g), g.Total, want)
		}
		for route, taken := range messages {
			total, n := lastOf(taken, g.Newest.Reason, name)
			here := slices.Contains(routesOf(g), route)
			if here && (total != want || g.Delivered[route] != want) || !here && n > 0 {
				t.Errorf("%s: %s told it in %d messages, the last of %d occurrences (marked: %d), want %d there: %v", storyName(g), route, n, total, g.Delivered[route], want, here)
			}
		}
	}
	// Nothing repeats in shop, so a second message would be one told twice.
	if n := len(messages["default"]); n != 3 {
		t.Errorf("the default route's channel took %d messages for three stories that came once, across a power cut", n)
	}
	for _, reply := range r.slack.Replies() {
		if reply.Status != http.StatusOK && reply.Status != http.StatusInternalServerError {
			t.Errorf("Slack refuses a message: %d %s %v", reply.Status, reply.Body, reply.Header)
		}
	}
}

// routesOf says, apart from the function, where a story belongs.
func routesOf(g alert.Group) []string {
	var out []string
	if g.Newest.Namespace == namespace {
		out = append(out, "team")
	}
	if g.Newest.Kind == "Node" || slices.Contains([]string{"Evicted", "ProvisioningFailed"}, g.Newest.Reason) {
		out = append(out, "platform")
	}
	if len(out) == 0 {
		out = append(out, alert.DefaultRoute)
	}
	return out
}

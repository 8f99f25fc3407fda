package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/ledger"
)

func TestTakers(t *testing.T) {
	for _, tc := range []struct {
		specs []string
		want  map[string]string // by "Kind ns/name Reason"
	}{
		{[]string{"default"}, map[string]string{"Pod shop/web BackOff": "default"}},
		{[]string{"nodes=kind=Node", "pay=namespace=pay", "default"}, map[string]string{
			"Node n1 Rebooted": "nodes", "Pod pay/web BackOff": "pay", "Pod shop/web BackOff": "default",
		}},
		{[]string{"crit=severity=critical+", "nodes=kind=Node", "pay=namespace=pay+", "batch=kind=Job", "default"}, map[string]string{
			"Node n1 SystemOOM": "crit nodes", "Job pay/sum BackoffLimitExceeded": "pay batch",
			// A route that goes on has taken it all the same.
			"Pod pay/web BackOff": "pay", "Pod shop/web BackOff": "default",
		}},
		{[]string{"pay=namespace=pay", "rest="}, map[string]string{"Pod pay/web BackOff": "pay", "Pod shop/web BackOff": "rest"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRouted(t, nil, tc.specs...)
			defer r.stop()
			for what, want := range tc.want {
				ce := r.event(what, 1)
				ev, err := wire.Decode(&ce)
				if err != nil {
					t.Fatal(err)
				}
				report, _ := r.f.classify(alertOf(&ce, ev))
				if got := strings.Join(report.Routes, " "); got != want {
					t.Errorf("%v: %s goes to %q, want %q", tc.specs, what, got, want)
				}
			}
		})
	}
}

// TestABrokenRouteHoldsUpNoOther: one of three refuses everything for two days
// and through a restart. The others tell in time; what is the broken one's is
// kept, and told once when it is mended.
func TestABrokenRouteHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, nil, "nodes=kind=Node", "pay=namespace=pay", "default")
		defer func() { r.stop() }()
		var broken atomic.Bool
		broken.Store(true)
		r.on["pay"].set(func(c *fakeChannel) {
			c.answer = func(int, int, Outgoing) error {
				if broken.Load() {
					return &SendError{Outcome: ChannelRefused, Err: errors.New("invalid token")}
				}
				return nil
			}
		})
		began := time.Now()
		r.happen("Pod pay/api BackOff", 3)
		r.happen("Node n1 Rebooted", 1)
		r.happen("Pod shop/web BackOff", 2)
		time.Sleep(time.Minute)
		r.want("nodes", "n1×1")
		r.want("default", "web×2")
		for _, name := range []string{"nodes", "default"} {
			if took := r.on[name].told()[0].At.Sub(began); took > 16*time.Second {
				t.Errorf("%s was told after %s", name, took)
			}
		}
		time.Sleep(24 * time.Hour)
		r.stop()
		r.open()
		r.happen("Pod pay/api BackOff", 7)
		r.happen("Pod shop/cart BackOff", 1)
		time.Sleep(24 * time.Hour)
		r.want("default", "web×2", "cart×1")
		r.want("pay")
		st := r.f.Status()
		got := map[string]string{}
		for _, s := range st.Routes {
			got[s.Route] = fmt.Sprintf("%s %d", s.Link.State, s.Backlog.Groups)
		}
		if diff := cmp.Diff(map[string]string{"nodes": "unknown 0", "pay": "refused 1", "default": "up 0"}, got); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
		broken.Store(false)
		time.Sleep(15 * time.Minute)
		r.want("pay", "api×7")
		r.want("nodes", "n1×1")
		r.want("default", "web×2", "cart×1")
		if n := r.l.Counts().Dropped; len(n) != 0 {
			t.Errorf("dropped %v", n)
		}
	})
}

// TestNoticesAndHeartbeatGoOutOnTheFirstRouteThatWorks, once.
func TestNoticesAndHeartbeatGoOutOnTheFirstRouteThatWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Heartbeat = "09:00" }, "a=namespace=a", "b=namespace=b", "default")
		defer r.stop()
		var down atomic.Bool
		r.on["a"].set(func(c *fakeChannel) {
			c.answer = func(int, int, Outgoing) error {
				if down.Load() {
					return offline()
				}
				return nil
			}
		})
		gap := func() {
			if err := r.l.AddGap(ledger.Gap{From: time.Now().Add(-time.Hour), To: time.Now(), Why: ledger.GapSourceDown}); err != nil {
				t.Fatal(err)
			}
		}
		gap()
		time.Sleep(2 * time.Hour) // to 10:00
		r.want("a", "notice", "heartbeat")
		down.Store(true)
		gap()
		time.Sleep(24 * time.Hour)
		r.want("a", "notice", "heartbeat")
		r.want("b", "notice", "heartbeat")
		down.Store(false)
		r.happen("Pod a/web BackOff", 1) // and a works again
		time.Sleep(24 * time.Hour)
		r.want("a", "notice", "heartbeat", "web×1", "heartbeat")
		r.want("b", "notice", "heartbeat")
		r.want("default")
	})
}

// TestWhenNoRouteWorksEachTriesTheHeartbeat, and the first that gets through has
// told it for all.
func TestWhenNoRouteWorksEachTriesTheHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Heartbeat = "09:00" }, "a=namespace=a", "default")
		defer r.stop()
		var down atomic.Bool
		down.Store(true)
		r.on["a"].set(func(c *fakeChannel) { c.answer = func(int, int, Outgoing) error { return offline() } })
		r.on["default"].set(func(c *fakeChannel) {
			c.answer = func(int, int, Outgoing) error {
				if down.Load() {
					return offline()
				}
				return nil
			}
		})
		time.Sleep(6 * time.Hour)
		r.want("default")
		down.Store(false)
		time.Sleep(time.Hour)
		r.want("default", "heartbeat")
		r.want("a")
	})
}

func TestTheBudgetCountsAllRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.BudgetPerDay = minBudget }, "a=namespace=a", "default")
		defer r.stop()
		for _, ch := range r.on {
			ch.set(func(c *fakeChannel) { c.cost = minBudget / 2 })
		}
		r.happen("Pod a/web BackOff", 1)
		r.happen("Pod shop/web BackOff", 1)
		time.Sleep(time.Minute)
		if u := r.f.Status().Usage; u.Budget != BudgetHard || u.Today != minBudget {
			t.Errorf("usage %+v, want the budget used up by both", u)
		}
		r.happen("Pod a/other BackOff", 1)
		r.happen("Pod shop/other BackOff", 1)
		time.Sleep(time.Hour)
		// On each route a card says once that alerts wait.
		r.want("a", "web×1", "notice")
		r.want("default", "web×1", "notice")
	})
}

func TestTestMessagesOnEveryRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Card.Language = "en" }, "a=namespace=a", "default")
		defer r.stop()
		r.on["a"].set(func(c *fakeChannel) {
			c.answer = func(int, int, Outgoing) error {
				return &SendError{Outcome: ChannelRefused, Err: errors.New("no such hook")}
			}
		})
		for i := range r.f.out {
			r.f.out[i].Kind, r.f.out[i].Target, r.f.out[i].Prefix, r.f.out[i].Card.Language = "slack", "hooks.slack.com", "ROUTE_A_", "en"
		}
		post := func(query, accept string) *httptest.ResponseRecorder {
			req := httptest.NewRequest(http.MethodPost, "/test"+query, nil)
			req.Header.Set("Accept", accept)
			rec := httptest.NewRecorder()
			r.f.Handler().ServeHTTP(rec, req)
			return rec
		}
		rec := post("", "application/json")
		var all Diagnoses
		if err := json.Unmarshal(rec.Body.Bytes(), &all); err != nil || rec.Code != http.StatusBadGateway || all.OK || len(all.Routes) != 2 ||
			all.Routes[0].Route != "a" || all.Routes[0].Kind != "refused" || all.Routes[1].Kind != "delivered" {
			t.Errorf("answered %d %s", rec.Code, rec.Body)
		}
		rec = post("", "")
		const says = "a: hooks.slack.com refuses everything on this channel: nothing passes until its settings are mended.\n" +
			"  Compare ROUTE_A_URL and the other variables that begin with ROUTE_A_ (secret, token, keyword) with the channel's settings; the far side's own words are below.\n" +
			"  no such hook\ndefault: OK: hooks.slack.com has taken the test message.\n"
		if diff := cmp.Diff(says, rec.Body.String()); diff != "" {
			t.Errorf("says (-want +got):\n%s", diff)
		}
		if rec := post("?route=default", "application/json"); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `"diagnosis": "delivered"`) {
			t.Errorf("answered %d %s", rec.Code, rec.Body)
		}
		if rec := post("?route=b", ""); rec.Code != http.StatusNotFound || !strings.Contains(rec.Body.String(), "only a, default") {
			t.Errorf("answered %d %s", rec.Code, rec.Body)
		}
		if n := r.on["default"].tried(); n != 3 {
			t.Errorf("%d messages on default, want 3", n)
		}
	})
}

// TestTheHeartbeatNamesBrokenRoutes, also those that broke before a restart.
func TestTheHeartbeatNamesBrokenRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Heartbeat = "09:00" }, "a=namespace=a", "default")
		defer func() { r.stop() }()
		r.on["a"].set(func(c *fakeChannel) {
			c.answer = func(int, int, Outgoing) error {
				return &SendError{Outcome: ChannelRefused, Err: errors.New("invalid token")}
			}
		})
		r.happen("Pod a/x BackOff", 1)
		time.Sleep(10 * time.Minute)
		r.stop()
		r.open()
		time.Sleep(time.Hour) // 09:10
		told := r.on["default"].told()
		if len(told) != 1 || told[0].Out.Heartbeat == nil {
			t.Fatalf("told %q, want a heartbeat", r.objects("default"))
		}
		b := told[0].Out.Heartbeat.Broken
		if len(b) != 1 || b[0].Route != "a" || b[0].For < 30*time.Minute || b[0].For > 2*time.Hour {
			t.Errorf("broken are %+v, want the route a for about an hour", b)
		}
	})
}

//go:build e2e

package e2e

import (
	"net/http"
	"testing"
	"time"
)

func TestControlPlaneTakesEveryOverlay(t *testing.T) {
	c := startCluster(t)
	for _, overlay := range []struct {
		dir   string
		least int
	}{
		{"overlays/knative", 10},
		{"overlays/edge", 14},
		{"overlays/edge-audit", 18},
		{"overlays/dev", 10}, // the last, and the others keep their rights
	} {
		t.Run(overlay.dir, func(t *testing.T) {
			applied, warnings := c.apply(t, rendered(t, overlay.dir))
			for _, w := range warnings {
				t.Errorf("warned: %s", w)
			}
			if applied < overlay.least {
				t.Errorf("%d objects applied, want at least %d", applied, overlay.least)
			}
			again, _ := c.apply(t, rendered(t, overlay.dir))
			if again != applied {
				t.Errorf("second time %d objects, first time %d", again, applied)
			}
		})
	}
	t.Run("rights", func(t *testing.T) { rights(t, c) })
}

// granted waits until the API server's authorizer has seen a new binding, which
// it does a moment after it was made.
func (c cluster) granted(t *testing.T, token, path string) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 300 {
		if status, _, _ := c.ask(t, token, http.MethodGet, path, "application/json", nil); status == http.StatusOK {
			return
		}
		<-tick.C
	}
	t.Fatalf("GET %s is not allowed within 30 s", path)
}

// rights tries what the event source's own token may do.
func rights(t *testing.T, c cluster) {
	source := c.token(t, "edgebell", "event-source")
	nobody := c.token(t, "edgebell", "notify")
	c.granted(t, source, "/api/v1/events?limit=1")
	const event = `{"apiVersion":"v1","kind":"Event","metadata":{"name":"forged","namespace":"edgebell"},"involvedObject":{"namespace":"edgebell"}}`
	for _, tc := range []struct {
		token, method, path, body string
		want                      int
	}{
		{source, http.MethodGet, "/api/v1/events?limit=1", "", 200},
		{source, http.MethodGet, "/api/v1/namespaces/kube-system/events?limit=1", "", 200},
		{source, http.MethodGet, "/api/v1/events?watch=true&timeoutSeconds=1", "", 200},
		{source, http.MethodGet, "/api/v1/namespaces/edgebell/events/x", "", 403},
		{source, http.MethodPost, "/api/v1/namespaces/edgebell/events", event, 403},
		{source, http.MethodDelete, "/api/v1/namespaces/edgebell/events", "", 403},
		{source, http.MethodGet, "/api/v1/secrets", "", 403},
		{source, http.MethodGet, "/api/v1/namespaces/edgebell/secrets", "", 403},
		{source, http.MethodGet, "/api/v1/pods", "", 403},
		{source, http.MethodGet, "/api/v1/nodes", "", 403},
		{source, http.MethodGet, "/api/v1/configmaps", "", 403},
		{source, http.MethodPost, "/api/v1/namespaces/edgebell/pods", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"x","image":"x:1"}]}}`, 403},
		{nobody, http.MethodGet, "/api/v1/events?limit=1", "", 403},
	} {
		status, _, said := c.ask(t, tc.token, tc.method, tc.path, "application/json", []byte(tc.body))
		if status != tc.want {
			t.Errorf("%s %s: %d, want %d (%s)", tc.method, tc.path, status, tc.want, tail(said))
		}
	}
	// Pod Security refuses in the namespace where nothing needs it.
	const privileged = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"hostNetwork":true,"containers":[{"name":"x","image":"x:1"}]}}`
	if status, _, _ := c.ask(t, "", http.MethodPost, "/api/v1/namespaces/edgebell/pods", "application/json", []byte(privileged)); status != 403 {
		t.Errorf("a Pod on the host's network: %d in namespace edgebell, want 403", status)
	}
	// The audit namespace takes its one exception, once it has an account.
	if status, _, said := c.ask(t, "", http.MethodPost, "/api/v1/namespaces/edgebell-audit/pods?dryRun=All", "application/json",
		[]byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"serviceAccountName":"audit-webhook","hostNetwork":true,"containers":[{"name":"x","image":"x:1"}]}}`)); status != 201 {
		t.Errorf("the same in edgebell-audit: %d %s, want 201", status, said)
	}
}

//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

// TestTenantFindsNoWayIn: what who may write Events in one namespace, and who
// has taken over one of Edgebell's own accounts, is refused on a real API
// server with Edgebell's manifests applied.
func TestTenantFindsNoWayIn(t *testing.T) {
	c := startCluster(t)
	c.apply(t, rendered(t, "overlays/edge-audit"))
	c.make(t, "/api/v1/namespaces", `{"metadata":{"name":"evil"}}`)
	c.make(t, "/api/v1/namespaces/evil/serviceaccounts", `{"metadata":{"name":"tenant"}}`)
	const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/evil"
	c.make(t, rbac+"/roles", `{"metadata":{"name":"tenant"},"rules":[
		{"apiGroups":["","events.k8s.io"],"resources":["events"],"verbs":["create","patch","get"]}]}`)
	c.make(t, rbac+"/rolebindings", `{"metadata":{"name":"tenant"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"tenant"},
		"subjects":[{"kind":"ServiceAccount","name":"tenant","namespace":"evil"}]}`)
	tenant := c.token(t, "evil", "tenant")
	source := c.token(t, "edgebell", "event-source")
	const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"x","image":"x:1"}]}}`
	for _, who := range []struct{ name, token string }{{"tenant", tenant}, {"event-source", source}} {
		for _, namespace := range []string{"edgebell", "edgebell-audit"} {
			in := "/api/v1/namespaces/" + namespace
			for _, try := range []struct{ method, path, body string }{
				{http.MethodGet, in + "/secrets", ""},
				{http.MethodGet, in + "/secrets/edgebell", ""},
				{http.MethodGet, in + "/configmaps", ""},
				{http.MethodGet, in + "/pods", ""},
				{http.MethodGet, in + "/pods/notify-0/log", ""},
				{http.MethodPost, in + "/pods/notify-0/exec?command=sh", ""},
				{http.MethodGet, in + "/pods/notify-0/proxy/status", ""},
				{http.MethodPost, in + "/pods/notify-0/portforward", ""},
				{http.MethodGet, in + "/services/notify/proxy/status", ""},
				{http.MethodPost, in + "/pods", pod},
				{http.MethodPost, in + "/serviceaccounts/event-source/token", `{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}`},
				{http.MethodPost, in + "/events", `{"metadata":{"name":"x"},"involvedObject":{"namespace":"` + namespace + `"}}`},
				{http.MethodPatch, in + "/events/x", `{}`},
				{http.MethodDelete, in + "/events", ""},
				{http.MethodDelete, "/apis/apps/v1/namespaces/" + namespace + "/deployments/notify", ""},
				{http.MethodDelete, "/apis/networking.k8s.io/v1/namespaces/" + namespace + "/networkpolicies", ""},
				{http.MethodPatch, "/api/v1/namespaces/" + namespace, `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}`},
			} {
				kind := "application/json"
				if try.method == http.MethodPatch {
					kind = "application/merge-patch+json"
				}
				status, _, said := c.ask(t, who.token, try.method, try.path, kind, []byte(try.body))
				if status != http.StatusForbidden {
					t.Errorf("%s: %s %s: %d, want 403 (%s)", who.name, try.method, try.path, status, tail(said))
				}
			}
		}
	}
	t.Run("pod security", func(t *testing.T) { podSecurity(t, c) })
}

// podSecurity tries what even an administrator is refused in Edgebell's
// namespace.
func podSecurity(t *testing.T, c cluster) {
	for name, spec := range map[string]string{
		"privileged":        `"containers":[{"name":"x","image":"x:1","securityContext":{"privileged":true}}]`,
		"a host path":       `"volumes":[{"name":"v","hostPath":{"path":"/"}}],"containers":[{"name":"x","image":"x:1","volumeMounts":[{"name":"v","mountPath":"/h"}]}]`,
		"the host's pids":   `"hostPID":true,"containers":[{"name":"x","image":"x:1"}]`,
		"the host's net":    `"hostNetwork":true,"containers":[{"name":"x","image":"x:1"}]`,
		"root":              `"containers":[{"name":"x","image":"x:1","securityContext":{"runAsUser":0}}]`,
		"more capabilities": `"containers":[{"name":"x","image":"x:1","securityContext":{"capabilities":{"add":["SYS_ADMIN"]}}}]`,
	} {
		status, _, said := c.ask(t, "", http.MethodPost, "/api/v1/namespaces/edgebell/pods?dryRun=All", "application/json",
			[]byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{`+spec+`}}`))
		// A server that lets nobody be privileged says so before Pod Security does.
		if status != http.StatusForbidden && status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d, want 403 or 422 (%s)", name, status, tail(said))
		}
	}
}

// make creates an object as the administrator.
func (c cluster) make(t *testing.T, path, body string) {
	t.Helper()
	if status, _, said := c.ask(t, "", http.MethodPost, path, "application/json", []byte(body)); status != http.StatusCreated {
		t.Fatalf("create at %s: %d %s", path, status, tail(said))
	}
}

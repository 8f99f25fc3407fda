//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// tenant may create and patch Events in one namespace, as any ServiceAccount
// with a recorder does.
type tenant struct {
	c     *cluster
	token string
	plain *http.Client
}

func newTenant(t *testing.T, c *cluster, namespace string) tenant {
	t.Helper()
	in := "/namespaces/" + namespace
	c.create(t, "/api/v1/namespaces", object{"metadata": object{"name": namespace}})
	c.create(t, "/api/v1"+in+"/serviceaccounts", object{"metadata": object{"name": "tenant"}})
	rbac := "/apis/rbac.authorization.k8s.io/v1" + in
	c.create(t, rbac+"/roles", object{"metadata": object{"name": "tenant"}, "rules": []object{
		{"apiGroups": []string{"", "events.k8s.io"}, "resources": []string{"events"}, "verbs": []string{"create", "patch"}},
	}})
	c.create(t, rbac+"/rolebindings", object{
		"metadata": object{"name": "tenant"},
		"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
		"subjects": []object{{"kind": "ServiceAccount", "name": "tenant", "namespace": namespace}},
	})
	status, answer := c.do(t, http.MethodPost, "/api/v1"+in+"/serviceaccounts/tenant/token", "application/json",
		[]byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}`))
	var made struct{ Status struct{ Token string } }
	if err := json.Unmarshal(answer, &made); err != nil || made.Status.Token == "" {
		t.Fatalf("token: %d %s", status, answer)
	}
	plain, err := rest.HTTPClientFor(rest.AnonymousClientConfig(c.Config))
	if err != nil {
		t.Fatal(err)
	}
	return tenant{c, made.Status.Token, plain}
}

// try sends a request with the tenant's token.
func (a tenant) try(t *testing.T, method, path string, body any) (status int, answer string) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, a.c.Config.Host+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	resp, err := a.plain.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(said)
}

// lie is an Event that a tenant writes into a namespace about an object. With
// modern it has an eventTime, and then the API server no longer compares the
// two namespaces.
func lie(name, kind, namespace, about, eventType, reason string, modern bool) object {
	now := time.Now().UTC()
	ev := object{
		"metadata": object{"name": name}, "involvedObject": object{"kind": kind, "namespace": namespace, "name": about},
		"type": eventType, "reason": reason, "message": "so they say", "count": 1, "source": object{"component": "kubelet"},
		"firstTimestamp": now.Format(time.RFC3339), "lastTimestamp": now.Format(time.RFC3339),
	}
	if modern {
		ev["eventTime"], ev["action"] = now.Format("2006-01-02T15:04:05.000000Z07:00"), "Lying"
		ev["reportingComponent"], ev["reportingInstance"] = "kubelet", "x"
	}
	return ev
}

// attempt is what a tenant tries, how the API server answers, and what a card
// says where it lets it through.
type attempt struct {
	name         string
	method, path string
	body         any
	want         int
	card         string
}

func attempts() []attempt {
	const own, others = "/api/v1/namespaces/evil/events", "/api/v1/namespaces/shop/events"
	post := func(name, path string, body object, want int, card string) attempt {
		return attempt{name, http.MethodPost, path, body, want, card}
	}
	regarding := object{
		"metadata": object{"name": "l5"}, "regarding": object{"kind": "Pod", "namespace": "kube-system", "name": "coredns"},
		"type": "Warning", "reason": "Evicted", "note": "so they say", "action": "Lying", "reportingController": "kubelet", "reportingInstance": "x",
		"eventTime": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
	}
	return []attempt{
		post("of its own Pod", own, lie("l1", "Pod", "evil", "mine", "Warning", "BackOff", false), 201, "Pod evil/mine"),
		post("of another's Pod", own, lie("l2", "Pod", "shop", "web", "Warning", "BackOff", false), 422, ""),
		post("of another's Pod, with an eventTime", own, lie("l3", "Pod", "shop", "web", "Warning", "BackOff", true), 201, "Pod shop/web ← evil"),
		post("of another's Pod, that it is well", own, lie("l4", "Pod", "shop", "queue", "Normal", "Scheduled", true), 201, ""),
		post("of another's Pod, by events.k8s.io", "/apis/events.k8s.io/v1/namespaces/evil/events", regarding, 201, "Pod kube-system/coredns ← evil"),
		post("of a node", own, lie("l6", "Node", "", "pi-1", "Warning", "NodeNotReady", false), 422, ""),
		post("of a node, with an eventTime", own, lie("l7", "Node", "", "pi-1", "Warning", "NodeNotReady", true), 422, ""),
		post("of a node put into its own namespace", own, lie("l8", "Node", "evil", "pi-1", "Warning", "NodeNotReady", false), 201, "Node evil/pi-1 ← evil"),
		post("into another's namespace", others, lie("l9", "Pod", "shop", "web", "Warning", "BackOff", false), 403, ""),
		post("of a node, into default", "/api/v1/namespaces/default/events", lie("l10", "Node", "", "pi-1", "Normal", "NodeReady", false), 403, ""),
		{"patch another's Event", http.MethodPatch, others + "/queue.1", object{"message": "all is well"}, 403, ""},
		{"delete another's Event", http.MethodDelete, others + "/queue.1", nil, 403, ""},
		{"delete its own", http.MethodDelete, own + "/l1", nil, 403, ""},
		{"read Events", http.MethodGet, own, nil, 403, ""},
		{"read others' Events", http.MethodGet, "/api/v1/events", nil, 403, ""},
	}
}

// TestTenantAsAttacker: what who may write Events in one namespace can make a
// real API server take, and what becomes of it.
func TestTenantAsAttacker(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	a := newTenant(t, c, "evil")
	c.create(t, "/api/v1/namespaces", object{"metadata": object{"name": "shop"}})
	bot := feishutest.NewBot(feishutest.Options{})
	bot.Start()
	defer bot.Close()
	sink := process.FreeAddress()
	startNotify(t, bot, sink, t.TempDir(), "GROUP_WAIT=1s", "DIGEST_THRESHOLD=50", "FEISHU_MAX_PER_MINUTE=100")
	startSource(t, c, sink)

	c.create(t, "/api/v1/namespaces/shop/events", lie("queue.1", "Pod", "shop", "queue", "Warning", "FailedScheduling", false))
	eventually(t, time.Minute, "the honest story is told", func() error { return wantCards(bot, 1, "Pod shop/queue") })
	eventually(t, time.Minute, "the tenant's rights are seen", func() error {
		if status, answer := a.try(t, http.MethodPost, "/api/v1/namespaces/evil/events", lie("l0", "Pod", "evil", "first", "Normal", "X", false)); status != http.StatusCreated && status != http.StatusConflict {
			return fmt.Errorf("%d %s", status, answer)
		}
		return nil
	})
	for _, at := range attempts() {
		status, answer := a.try(t, at.method, at.path, at.body)
		t.Logf("%-40s %d %s", at.name, status, shorten(answer))
		if status != at.want {
			t.Errorf("%s: %d, want %d: %s", at.name, status, at.want, answer)
		}
		if at.card == "" {
			continue
		}
		eventually(t, time.Minute, at.name+" is told", func() error { return wantCards(bot, 1, at.card) })
		m := cards(bot, at.card)[0]
		t.Logf("%40s %s: %s", "the card:", m.Template, m.Title)
		if strings.Contains(at.card, "←") && (m.Template == "red" || !strings.Contains(text(m), "written in namespace evil")) {
			t.Errorf("%s: told as if it were so:\n%s", at.name, text(m))
		}
	}
	// Longer than the hold-down of FailedScheduling. Where nothing happens there
	// is nothing to wait for but time.
	<-time.After(70 * time.Second)
	if told := cards(bot, "Recovered"); len(told) > 0 {
		t.Errorf("a tenant has ended another's trouble:\n%s", text(told[0]))
	}
	c.create(t, "/api/v1/namespaces/shop/events", lie("queue.2", "Pod", "shop", "queue", "Normal", "Scheduled", false))
	eventually(t, 2*time.Minute, "its own end is told", func() error { return wantCards(bot, 1, "Recovered", "Pod shop/queue") })
}

func wantCards(bot *feishutest.Bot, n int, words ...string) error {
	if got := len(cards(bot, words...)); got != n {
		return fmt.Errorf("%d cards with %q, want %d", got, words, n)
	}
	return nil
}

// shorten keeps what an answer says in a line.
func shorten(answer string) string {
	var status struct{ Message string }
	if err := json.Unmarshal([]byte(answer), &status); err != nil {
		return ""
	}
	return status.Message
}

package programs

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

// kubeconfig names an API server.
func kubeconfig(t *testing.T, url string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(name, apiservertest.Kubeconfig(url, nil, kubeToken), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func sourceEnv(kubeconfig, sink string) []string {
	return []string{"LOG_LEVEL=debug", "LISTEN_ADDRESS=127.0.0.1:0", "GOTRACEBACK=all", "KUBECONFIG=" + kubeconfig,
		"K_SINK=" + sink + "/in?key=" + sinkQuery, "SINK_TOKEN=" + sinkToken}
}

// apiServer is a stand-in with one Event.
func apiServer(t *testing.T) string {
	t.Helper()
	api := apiservertest.New()
	api.RequireToken(kubeToken)
	api.Add(&corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "shop", Name: "web.1", UID: "u1"},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "shop", Name: "web-0"},
		Type:           "Warning", Reason: "BackOff", Message: "m", Count: 1,
	})
	srv := httptest.NewServer(api)
	t.Cleanup(srv.Close)
	return srv.URL
}

// judge looks at all that a source shows, and at its stacks.
func (p *running) judge(at string) {
	p.t.Helper()
	glance(p.t, at)
	leaks(p.t, "cmdline", p.proc("cmdline"))
	p.signal(syscall.SIGQUIT)
	p.ends()
	out := p.Output()
	leaks(p.t, "output", out)
	if !strings.Contains(out, "goroutine 1 ") {
		p.t.Error("it left no stacks")
	}
}

// TestSourceLeaksNothing posts to every far side, and reads from every one.
func TestSourceLeaksNothing(t *testing.T) {
	good := apiServer(t)
	for _, far := range farSides(t) {
		t.Run("sink "+far.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "event-source", sourceEnv(kubeconfig(t, good), far.base), "")
			at := p.address(1)
			if !strings.HasPrefix(far.name, "200") && far.name != "cut" {
				p.says("sink", 1)
			}
			if far.name == "500" {
				pages(t, at, sinkToken)
			}
			p.judge(at)
		})
		t.Run("API server "+far.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "event-source", sourceEnv(kubeconfig(t, far.base), "http://127.0.0.1:1"), "")
			at := p.address(1)
			p.says(`"level":"WARN"`, 1)
			p.judge(at)
		})
	}
}

const audit = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"level":"RequestResponse","auditID":"a1","stage":"ResponseComplete",
	"verb":"create","user":{"username":"u"},"objectRef":{"resource":"events","namespace":"shop","name":"web.1","apiVersion":"v1"},
	"responseStatus":{"code":201},"responseObject":{"kind":"Event","apiVersion":"v1","metadata":{"namespace":"shop","name":"web.1","uid":"u1","resourceVersion":"7"},
	"involvedObject":{"kind":"Pod","namespace":"shop","name":"web-0"},"type":"Warning","reason":"BackOff","message":"m","count":1}}]}`

// TestAuditWebhookLeaksNothing hands it entries in right and in wrong ways, in
// front of every far side.
func TestAuditWebhookLeaksNothing(t *testing.T) {
	for _, far := range farSides(t) {
		t.Run(far.name, func(t *testing.T) {
			t.Parallel()
			env := append(sourceEnv("", far.base), "AUDIT_TOKEN="+auditToken)
			p := start(t, "audit-webhook", env, "")
			at := p.address(1)
			for _, authorization := range []string{"Bearer " + auditToken, "Bearer " + auditToken + "x", "Basic " + auditToken} {
				for _, body := range []string{audit, audit[:200], auditToken} {
					status, answer, err := ask(t.Context(), http.MethodPost, "http://"+at+"/clusters/pi", authorization, map[string]string{"Content-Type": "application/json"}, body)
					if err != nil {
						t.Fatal(err)
					}
					leaks(t, "answer", answer)
					if right := authorization == "Bearer "+auditToken; right == (status == http.StatusUnauthorized) {
						t.Errorf("%.20s: %d", authorization, status)
					}
				}
			}
			if far.name == "500" {
				pages(t, at, auditToken)
			}
			p.judge(at)
		})
	}
}

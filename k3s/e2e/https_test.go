//go:build e2e

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

// hook is an audit webhook behind HTTPS and the API server that posts to it.
type hook struct {
	c          *cluster
	address    string
	sink       string
	notify     *running
	process    *running
	kubeconfig string // of the API server's webhook backend
	trusted    *x509.CertPool
	taken      int64
}

// TestAuditHTTPS: the API server posts over HTTPS, as the installer sets it up
// and with each credential that a kubeconfig has; what is wrong is refused and
// shows in the API server's metric. The webhook's certificate is replaced
// meanwhile, and the process is one from first to last.
func TestAuditHTTPS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	before, after := newAuthority(t, "before"), newAuthority(t, "after")
	clients, foreign := newAuthority(t, "clients"), newAuthority(t, "foreign")
	before.issue(t, certFile, keyFile)
	known, unknown := filepath.Join(dir, "known"), filepath.Join(dir, "unknown")
	clients.issue(t, known+".crt", known+".key")
	foreign.issue(t, unknown+".crt", unknown+".key")

	h := startHook(t, before, "AUDIT_TLS_CERT_FILE="+certFile, "AUDIT_TLS_KEY_FILE="+keyFile, "AUDIT_CLIENT_CA_FILE="+clients.file)
	h.wantTaken(t, "as-installed")
	h.use(t, before, `{"token": "`+auditToken+`"}`)
	h.wantTaken(t, "token")
	if h.unauthorized(t) != 0 {
		t.Errorf("%d requests refused before any was wrong", h.unauthorized(t))
	}

	// Who trusts the new authority alone is answered by the new certificate or
	// not at all.
	h.trusted.AddCert(after.certificate)
	after.issue(t, certFile, keyFile)
	h.use(t, after, certificateUser(known))
	h.wantTaken(t, "certificate-by-a-new-server-certificate")

	h.use(t, after, `{"token": "wrong"}`)
	h.wantRefused(t, "wrong-token")
	refused := h.unauthorized(t)
	if refused == 0 {
		t.Error("no request was answered 401 for its wrong token")
	}
	h.use(t, after, `{}`)
	h.wantRefused(t, "no-credential")
	if n := h.unauthorized(t); n <= refused {
		t.Errorf("%d requests answered 401, and %d before one without a credential", n, refused)
	}
	h.use(t, after, certificateUser(unknown))
	h.wantRefused(t, "foreign-certificate")
	h.use(t, before, `{"token": "`+auditToken+`"}`)
	h.wantRefused(t, "a-server-that-the-API-server-does-not-trust")
	h.use(t, after, `{"token": "`+auditToken+`"}`)
	h.wantTaken(t, "token-again")
	if out := h.process.Output(); strings.Contains(out, auditToken) || strings.Contains(out, "wrong") {
		t.Error("the webhook's log holds a token")
	}
}

func certificateUser(name string) string {
	return fmt.Sprintf(`{"client-certificate": %q, "client-key": %q}`, name+".crt", name+".key")
}

// startHook sets everything up with the installer's own files; only the pauses
// between the API server's tries are shorter, or each refusal would take 90 s.
func startHook(t *testing.T, ca *authority, env ...string) *hook {
	t.Helper()
	h := &hook{address: process.FreeAddress(), sink: process.FreeAddress(), trusted: x509.NewCertPool()}
	h.trusted.AddCert(ca.certificate)
	h.notify = startNotify(t, bell(t), h.sink, t.TempDir(), "GROUP_WAIT=1s")
	h.process = spawnAudit(t, h.address, h.sink, env...)
	waitReadyAt(t, h.process, h.client(), "https://"+h.address)
	flags := ownAlone(t, installed(t, "https://"+h.address, "--ca", ca.file))
	h.kubeconfig = flagged(t, flags, "audit-webhook-config-file")
	// The installed kubeconfig names a path on the server, not the file itself.
	rewrite(t, h.kubeconfig, `certificate-authority: \S+`, "certificate-authority: "+ca.file)
	h.c = startCluster(t, append(flags, "--apiserver-arg", "audit-webhook-initial-backoff=1s", "--without", "controller-manager,scheduler")...)
	h.c.create(t, "/api/v1/namespaces", object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": namespace}})
	return h
}

// use starts the API server again with another authority and user; a kubeconfig
// is read at the start alone.
func (h *hook) use(t *testing.T, ca *authority, user string) {
	t.Helper()
	text := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "webhook",
"clusters": [{"name": "edgebell", "cluster": {"server": "https://%s/clusters/e2e", "certificate-authority": %q}}],
"users": [{"name": "apiserver", "user": %s}],
"contexts": [{"name": "webhook", "context": {"cluster": "edgebell", "user": "apiserver"}}]}`, h.address, ca.file, user)
	if err := os.WriteFile(h.kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h.c.restartAPIServer(t)
}

func (h *hook) write(t *testing.T, name string) {
	t.Helper()
	h.c.create(t, coreEvents, coreEvent(strings.ToLower(name)+".1", "Pod", strings.ToLower(name), "Warning", "BackOff", "it broke", 1))
}

// wantTaken writes an Event that must reach the function at once.
func (h *hook) wantTaken(t *testing.T, name string) {
	t.Helper()
	h.write(t, name)
	h.taken++
	eventually(t, 20*time.Second, name, func() error { return wantOccurrences(h.sink, h.notify, h.taken) })
	if n := h.c.auditErrors(t); n != 0 {
		t.Errorf("%s: apiserver_audit_error_total %d, want 0", name, n)
	}
}

// wantRefused writes an Event that must never reach the function: the API
// server tries five times and counts it as lost.
func (h *hook) wantRefused(t *testing.T, name string) {
	t.Helper()
	h.write(t, name)
	eventually(t, time.Minute, name+" is lost", func() error {
		if n := h.c.auditErrors(t); n != 1 {
			return fmt.Errorf("apiserver_audit_error_total %d, want 1", n)
		}
		return nil
	})
	if st, err := readStatus(h.sink); err != nil || st.Ledger.Occurrences != h.taken {
		t.Errorf("%s: %d occurrences, %v; want %d, all from before", name, st.Ledger.Occurrences, err, h.taken)
	}
}

// unauthorized is how many requests the webhook has answered 401.
func (h *hook) unauthorized(t *testing.T) int {
	t.Helper()
	resp, err := h.client().Get("https://" + h.address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`edgebell_audit_requests_total\{status="401"\} (\d+)`).FindSubmatch(text)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// client is one that makes a connection for each request.
func (h *hook) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: h.trusted}}, Timeout: 10 * time.Second}
}

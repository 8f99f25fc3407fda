//go:build e2e

package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/edgebell/edgebell/deploy/validate/check"
)

// cluster is a running control plane and its administrator.
type cluster struct {
	server string
	ca     string // base64 PEM
	client *http.Client
}

func startCluster(t *testing.T) cluster {
	t.Helper()
	binary := abs(t, filepath.Join(repository, ".cache/bin/controlplane"))
	need(t, binary)
	dir := t.TempDir()
	out := start(t, exec.Command(binary, "up", "--dir", dir))
	kubeconfig := ""
	wait(t, "control plane", 3*time.Minute, func() (bool, string) {
		_, after, ok := strings.Cut(out.String(), "KUBECONFIG=")
		kubeconfig, _, _ = strings.Cut(after, "\n")
		return ok, tail(out.String())
	})
	return connect(t, kubeconfig)
}

func connect(t *testing.T, kubeconfig string) cluster {
	t.Helper()
	raw, err := os.ReadFile(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	var k struct {
		Clusters []struct {
			Cluster struct {
				Server string
				CA     string `json:"certificate-authority-data"`
			}
		}
		Users []struct {
			User struct {
				Certificate []byte `json:"client-certificate-data"`
				Key         []byte `json:"client-key-data"`
			}
		}
	}
	if err := yaml.Unmarshal(raw, &k); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(k.Users[0].User.Certificate, k.Users[0].User.Key)
	if err != nil {
		t.Fatal(err)
	}
	c := cluster{server: k.Clusters[0].Cluster.Server, ca: k.Clusters[0].Cluster.CA}
	c.client = c.as(t, []tls.Certificate{pair})
	return c
}

func (c cluster) as(t *testing.T, pairs []tls.Certificate) *http.Client {
	t.Helper()
	pem, err := base64.StdEncoding.DecodeString(c.ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: pairs}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// ask sends one request, as the administrator or with a bearer token.
func (c cluster) ask(t *testing.T, token, method, path, contentType string, body []byte) (int, http.Header, string) {
	t.Helper()
	client := c.client
	if token != "" {
		client = c.as(t, nil)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.server+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	// A watch does not end; its first bytes are enough.
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header, string(text)
}

var plurals = map[string]string{"NetworkPolicy": "networkpolicies", "PriorityClass": "priorityclasses"}

func pathOf(o check.Object) string {
	plural := plurals[o.Kind]
	if plural == "" {
		plural = strings.ToLower(o.Kind) + "s"
	}
	path := "/apis/" + o.Group + "/" + o.Version
	if o.Group == "" {
		path = "/api/" + o.Version
	}
	if o.Namespace != "" {
		path += "/namespaces/" + o.Namespace
	}
	return path + "/" + plural + "/" + o.Name
}

// apply applies manifests on the server's side, namespaces first as they stand
// in a rendering, and gives what the server warned of. Kinds that the cluster
// does not have are left out.
func (c cluster) apply(t *testing.T, manifests []byte) (applied int, warnings []string) {
	t.Helper()
	objects, problems := check.Read(manifests)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, o := range objects {
		if strings.Contains(o.Group, "knative.dev") || strings.Contains(o.Group, "coreos.com") {
			continue
		}
		status, header, body := c.ask(t, "", http.MethodPatch,
			pathOf(o)+"?fieldManager=edgebell-test&fieldValidation=Strict&force=true", "application/apply-patch+yaml", o.Raw)
		if status != http.StatusOK && status != http.StatusCreated {
			t.Errorf("apply %s: %d %s", o, status, body)
			continue
		}
		applied++
		for _, w := range header.Values("Warning") {
			warnings = append(warnings, o.String()+": "+w)
		}
	}
	return applied, warnings
}

// token asks for a real token of a ServiceAccount.
func (c cluster) token(t *testing.T, namespace, account string) string {
	t.Helper()
	status, _, body := c.ask(t, "", http.MethodPost,
		"/api/v1/namespaces/"+namespace+"/serviceaccounts/"+account+"/token", "application/json",
		[]byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}`))
	var answer struct{ Status struct{ Token string } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Status.Token == "" {
		t.Fatalf("token of %s: %d %s", account, status, body)
	}
	return answer.Status.Token
}

// kubeconfig is one as the Pod of account would have it.
func (c cluster) kubeconfig(token string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- {name: c, cluster: {server: "%s", certificate-authority-data: %s}}
users:
- {name: u, user: {token: "%s"}}
contexts:
- {name: x, context: {cluster: c, user: u}}
current-context: x
`, c.server, c.ca, token)
}

func (c cluster) event(t *testing.T, name, kind, object, reason, eventType, message string) {
	t.Helper()
	now := time.Now().UTC().Format(time.RFC3339)
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"Event","metadata":{"name":%q,"namespace":"default"},
		"involvedObject":{"apiVersion":"v1","kind":%q,"name":%q,"namespace":"default"},
		"reason":%q,"type":%q,"message":%q,"source":{"component":"kubelet"},"count":3,"firstTimestamp":%q,"lastTimestamp":%q}`,
		name, kind, object, reason, eventType, message, now, now)
	if status, _, said := c.ask(t, "", http.MethodPost, "/api/v1/namespaces/default/events", "application/json", []byte(body)); status != http.StatusCreated {
		t.Fatalf("create event: %d %s", status, said)
	}
}

package auditwebhook

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func httpRequest(body []byte) *http.Request {
	return httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func TestAuthentication(t *testing.T) {
	cfg := config()
	cfg.Token = "s3cret\n0ld-one"
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	header := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	tests := []struct {
		name string
		with func(*http.Request)
		want int
	}{
		{"nothing", func(*http.Request) {}, 401},
		{"basic", basic("edgebell", "s3cret"), 200},
		{"basic, any user", basic("", "s3cret"), 200},
		{"basic, token as user", basic("s3cret", ""), 401},
		{"basic, wrong", basic("edgebell", "s3cre"), 401},
		{"basic, longer", basic("edgebell", "s3cret1"), 401},
		{"basic, not base64", header("Basic s3cret"), 401},
		{"bearer", header("Bearer s3cret"), 200},
		{"basic, the old one", basic("edgebell", "0ld-one"), 200},
		{"bearer, the old one", header("Bearer 0ld-one"), 200},
		{"bearer, both", header("Bearer s3cret0ld-one"), 401},
		{"bearer, small letters", header("bearer s3cret"), 200},
		{"bearer, wrong", header("Bearer secret"), 401},
		{"bearer, empty", header("Bearer "), 401},
		{"bearer, two spaces", header("Bearer  s3cret"), 401},
		{"another scheme", header("Digest s3cret"), 401},
		{"query", func(r *http.Request) { r.URL.RawQuery = "token=s3cret" }, 401},
	}
	for _, tc := range tests {
		for _, path := range []string{"/", "/clusters/pi"} {
			s := &taker{}
			req := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(small))
			tc.with(req)
			rec := httptest.NewRecorder()
			webhook(t, cfg, s).Handler().ServeHTTP(rec, req)
			if rec.Code != tc.want || len(s.ids) != boolInt(tc.want == 200) {
				t.Errorf("%s: POST %s: %d with %d events; want %d", tc.name, path, rec.Code, len(s.ids), tc.want)
			}
			if strings.Contains(rec.Body.String(), "s3cret") {
				t.Errorf("%s: the answer holds the token: %s", tc.name, rec.Body)
			}
		}
	}
}

// authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{}
	a.cert, a.key, a.pem, _ = a.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

var serial int64

func (a *authority) sign(t *testing.T, tmpl *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, []byte, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial++
	tmpl.SerialNumber, tmpl.NotBefore, tmpl.NotAfter = big.NewInt(serial), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := tmpl, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
}

func (a *authority) pair(t *testing.T, name string) (certPEM, keyPEM []byte) {
	t.Helper()
	_, _, certPEM, keyPEM = a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	return certPEM, keyPEM
}

func (a *authority) client(t *testing.T, certificates ...tls.Certificate) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	tr := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: certificates}}
	return &http.Client{Transport: tr}
}

func write(t *testing.T, name string, content []byte, modified time.Time) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, modified, modified); err != nil {
		t.Fatal(err)
	}
}

// secure starts the webhook over HTTPS with files in a folder of its own.
func secure(t *testing.T, ca *authority, token string) (url string, cfg Config) {
	t.Helper()
	dir := t.TempDir()
	cfg = config()
	cfg.Token = token
	cfg.CertFile, cfg.KeyFile, cfg.ClientCAFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"), filepath.Join(dir, "ca.crt")
	cert, key := ca.pair(t, "first")
	write(t, cfg.CertFile, cert, time.Unix(1, 0))
	write(t, cfg.KeyFile, key, time.Unix(1, 0))
	write(t, cfg.ClientCAFile, ca.pem, time.Unix(1, 0))
	conf, err := cfg.TLS(quiet)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(webhook(t, cfg, &taker{}).Handler())
	srv.TLS = conf
	srv.Config.ErrorLog = slog.NewLogLogger(quiet.Handler(), slog.LevelDebug)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.URL, cfg
}

func answer(t *testing.T, c *http.Client, method, url, token string) (status int, server string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode, resp.TLS.PeerCertificates[0].Subject.CommonName, nil
}

func TestClientCertificate(t *testing.T) {
	ca, other := newAuthority(t, "ca"), newAuthority(t, "other")
	load := func(a *authority) tls.Certificate {
		certPEM, keyPEM := a.pair(t, "apiserver")
		pair, err := tls.X509KeyPair(certPEM, keyPEM)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	for _, token := range []string{"", "s3cret"} {
		url, _ := secure(t, ca, token)
		if code, _, err := answer(t, ca.client(t, load(ca)), "POST", url, ""); code != 200 {
			t.Errorf("token %q: good certificate: %d %v; want 200", token, code, err)
		}
		if code, _, err := answer(t, ca.client(t), "POST", url, ""); code != 401 {
			t.Errorf("token %q: no certificate: %d %v; want 401", token, code, err)
		}
		if code, _, err := answer(t, ca.client(t), "GET", url+"/healthz", ""); code != 200 {
			t.Errorf("token %q: probe without certificate: %d %v; want 200", token, code, err)
		}
		forged := load(other)
		client := ca.client(t)
		client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &forged, nil }
		if code, _, err := answer(t, client, "POST", url, "s3cret"); err == nil {
			t.Errorf("token %q: certificate of another authority: %d; want a broken handshake", token, code)
		}
		want := 401
		if token != "" {
			want = 200
		}
		if code, _, err := answer(t, ca.client(t), "POST", url, "s3cret"); code != want {
			t.Errorf("token %q: bearer: %d %v; want %d", token, code, err, want)
		}
	}
}

func TestCertificateIsReadAgain(t *testing.T) {
	ca := newAuthority(t, "ca")
	url, cfg := secure(t, ca, "s3cret")
	expect := func(when, want string) {
		t.Helper()
		code, name, err := answer(t, ca.client(t), "POST", url, "s3cret")
		if err != nil || code != 200 || name != want {
			t.Errorf("%s: %d from %q, %v; want 200 from %q", when, code, name, err, want)
		}
	}
	expect("at the start", "first")
	certPEM, keyPEM := ca.pair(t, "second")
	write(t, cfg.CertFile, certPEM, time.Unix(2, 0))
	expect("certificate without its key", "first")
	write(t, cfg.KeyFile, keyPEM, time.Unix(2, 0))
	expect("both renewed", "second")
	write(t, cfg.CertFile, []byte("broken"), time.Unix(3, 0))
	expect("broken file", "second")
	if err := os.Remove(cfg.KeyFile); err != nil {
		t.Fatal(err)
	}
	expect("missing file", "second")
	certPEM, keyPEM = ca.pair(t, "third")
	write(t, cfg.CertFile, certPEM, time.Unix(4, 0))
	write(t, cfg.KeyFile, keyPEM, time.Unix(4, 0))
	expect("good again", "third")
}

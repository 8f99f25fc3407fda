package apiserver_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	rewriteFile(t, path, text)
	return path
}

func rewriteFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// signalled tells on a channel that something was delivered.
func signalled() (*taker, chan struct{}) {
	came := make(chan struct{}, 1000)
	return &taker{each: func() { came <- struct{}{} }}, came
}

// TestOverTheWire reads over TLS and HTTP/2 with a kubeconfig, as protobuf, and
// from a server that knows only JSON.
func TestOverTheWire(t *testing.T) {
	for _, accept := range []string{"protobuf", "json"} {
		t.Run(accept, func(t *testing.T) {
			srv := apiservertest.New()
			protos := make(chan string, 100)
			types := make(chan string, 100)
			ts := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if accept == "json" {
					r.Header.Set("Accept", "application/json")
				}
				protos <- r.Proto
				srv.ServeHTTP(&typed{w, types}, r)
			}))
			ts.EnableHTTP2 = true
			ts.StartTLS()
			t.Cleanup(ts.Close)
			ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ts.Certificate().Raw})
			rc, err := apiserver.RESTConfig(writeFile(t, "kubeconfig", string(apiservertest.Kubeconfig(ts.URL, ca, "secret"))))
			if err != nil {
				t.Fatal(err)
			}
			srv.RequireToken("secret")
			events := some(0, 2)
			events[0].Series = &corev1.EventSeries{Count: 7}
			srv.Add(events...)
			k, came := signalled()
			startAt(t, rc, k, apiserver.Config{})
			<-came
			srv.Add(some(2, 1)...)
			<-came
			if diff := cmp.Diff([]string{"default/Pod/p0", "default/Pod/p1", "default/Pod/p2"}, k.subjects()); diff != "" {
				t.Errorf("posted (-want +got):\n%s", diff)
			}
			if got := <-protos; got != "HTTP/2.0" {
				t.Errorf("spoke %s", got)
			}
			for range 2 {
				if got := <-types; !strings.Contains(got, accept) {
					t.Errorf("content type %q, want %s", got, accept)
				}
			}
		})
	}
}

// typed tells what content type was answered.
type typed struct {
	http.ResponseWriter
	types chan string
}

func (w *typed) WriteHeader(code int) {
	w.types <- w.Header().Get("Content-Type")
	w.ResponseWriter.WriteHeader(code)
}

func (w *typed) Flush() { w.ResponseWriter.(http.Flusher).Flush() }

// blackHole passes bytes on until it is closed to them: then nothing comes and
// nothing breaks, as on a link whose other end has lost power.
type blackHole struct {
	mu     sync.Mutex
	closed chan struct{}
}

func (b *blackHole) swallow() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.closed)
	b.closed = make(chan struct{})
}

func (b *blackHole) now() chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

func (b *blackHole) serve(l net.Listener, to string) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		closed := b.now()
		for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
			go func() {
				_, _ = io.Copy(gated{pair[0], closed}, pair[1])
			}()
		}
	}
}

type gated struct {
	net.Conn
	closed chan struct{}
}

func (g gated) Write(p []byte) (int, error) {
	select {
	case <-g.closed:
		return len(p), nil
	default:
		return g.Conn.Write(p)
	}
}

// TestBlackHole: client-go's HTTP/2 pings find a connection that is silent for
// good (by default after 30 s, and 15 s for the answer).
func TestBlackHole(t *testing.T) {
	t.Setenv("HTTP2_READ_IDLE_TIMEOUT_SECONDS", "1")
	t.Setenv("HTTP2_PING_TIMEOUT_SECONDS", "1")
	srv := apiservertest.New()
	ts := httptest.NewUnstartedServer(srv)
	ts.EnableHTTP2 = true
	ts.StartTLS()
	t.Cleanup(ts.CloseClientConnections)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	hole := &blackHole{closed: make(chan struct{})}
	go hole.serve(l, ts.Listener.Addr().String())

	k, came := signalled()
	rc := &rest.Config{Host: "https://" + l.Addr().String(), TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	startAt(t, rc, k, apiserver.Config{})
	srv.Add(some(0, 1)...)
	<-came
	hole.swallow()
	srv.Add(some(1, 1)...)
	<-came
	if diff := cmp.Diff([]string{"default/Pod/p0", "default/Pod/p1"}, k.subjects()); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
}

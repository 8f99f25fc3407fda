package sink_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/adapters/sink"
)

func TestOverTheWire(t *testing.T) {
	r := &receiver{}
	var auth []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		auth = append(auth, req.Header.Get("Authorization"))
		r.ServeHTTP(w, req)
	}))
	defer srv.Close()
	c, _ := newClient(t, sink.Config{URL: srv.URL, Token: "s3cret", Batch: 2})
	if err := c.Deliver(t.Context(), numbered(3)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"[e0 e1]", "e2"}, r.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Bearer s3cret", "Bearer s3cret"}, auth); diff != "" {
		t.Errorf("authorization (-want +got):\n%s", diff)
	}
}

// TestNotTheSink: what somebody else says at the sink's address is neither
// acceptance nor refusal, and no event is let go.
func TestNotTheSink(t *testing.T) {
	page := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	portal := httptest.NewServer(page(200, "text/html; charset=utf-8", "<!DOCTYPE html><title>Welcome</title>"))
	defer portal.Close()
	untyped := httptest.NewServer(page(200, "application/octet-stream", "\n<html>log in"))
	defer untyped.Close()
	nginx := httptest.NewServer(page(400, "text/html", "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"))
	defer nginx.Close()
	secure := httptest.NewUnstartedServer(&receiver{})
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	defer secure.Close()
	for says, address := range map[string]string{
		"captive portal": portal.URL, "status 200": untyped.URL, "400 The plain": nginx.URL,
		"must begin with https": strings.Replace(secure.URL, "https", "http", 1),
	} {
		c, _ := newClient(t, sink.Config{URL: address})
		err := c.Post(t.Context(), numbered(2))
		// A TLS port closes with the request unread, which may reset the
		// connection before its answer is read; the next try tells.
		for tries := 0; tries < 20 && err != nil && strings.Contains(err.Error(), syscall.ECONNRESET.Error()); tries++ {
			err = c.Post(t.Context(), numbered(2))
		}
		if s := c.Stats(); err == nil || !strings.Contains(err.Error(), says) || s.Accepted != 0 || len(s.Refused) != 0 {
			t.Errorf("error is %v, want %q; accepted %d, refused %v", err, says, s.Accepted, s.Refused)
		}
	}
}

// TestIdleConnectionClosed: a receiver that closes an idle connection just when
// it is used again is no outage.
func TestIdleConnectionClosed(t *testing.T) {
	r := &receiver{}
	var used sync.Map
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, again := used.LoadOrStore(req.RemoteAddr, true); again {
			panic(http.ErrAbortHandler)
		}
		r.ServeHTTP(w, req)
	}))
	defer srv.Close()
	c, log := newClient(t, sink.Config{URL: srv.URL})
	for range 20 {
		if err := c.Post(t.Context(), someEvents("a")); err != nil {
			t.Fatal(err)
		}
	}
	if log.String() != "" || len(r.taken) != 20 {
		t.Errorf("%d taken, log:\n%s", len(r.taken), log)
	}
}

func TestConcurrentDeliveries(t *testing.T) {
	r := &receiver{answer: refuse(400, true, "w3-7")}
	srv := httptest.NewServer(r)
	defer srv.Close()
	c, _ := newClient(t, sink.Config{URL: srv.URL, Batch: 10})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			var events []event.Event
			for i := range 100 {
				events = append(events, sized(fmt.Sprintf("w%d-%d", w, i), 1000))
			}
			if err := c.Deliver(t.Context(), events); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for _, id := range r.taken {
		seen[id]++
	}
	if len(seen) != 799 || len(r.taken) != 799 {
		t.Errorf("%d distinct of %d taken, want 799 of 799", len(seen), len(r.taken))
	}
}

// TestEarlyAnswer: a server may answer before it has read the request; the
// body must not be used for another request while it is still on its way.
func TestEarlyAnswer(t *testing.T) {
	r := &receiver{}
	var first atomic.Bool
	first.Store(true)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if first.CompareAndSwap(true, false) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		r.ServeHTTP(w, req)
	}))
	defer srv.Close()
	c, _ := newClient(t, sink.Config{URL: srv.URL})
	events := someEvents("a", "b", "c", "d")
	for i := range events {
		events[i] = sized(events[i].ID(), 200_000)
	}
	if err := c.Deliver(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, r.taken); diff != "" {
		t.Errorf("taken (-want +got):\n%s", diff)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("redirect followed") }))
	defer other.Close()
	srv := httptest.NewServer(http.RedirectHandler(other.URL+"/there?token=secret", http.StatusTemporaryRedirect))
	defer srv.Close()
	c, _ := newClient(t, sink.Config{URL: srv.URL, Token: "s3cret"})
	err := c.Post(t.Context(), someEvents("a"))
	if err == nil || !strings.Contains(err.Error(), "307") || !strings.Contains(err.Error(), other.URL+"/there") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want an outage that names status and target without its query", err)
	}
}

func TestErrorsHoldNoSecrets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c, log := newClient(t, sink.Config{URL: "http://" + l.Addr().String() + "/in?key=hush", Token: "s3cret"})
	err = c.Post(t.Context(), someEvents("a"))
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Fatalf("got %v, want a refused connection", err)
	}
	for _, text := range []string{err.Error(), log.String(), c.Stats().LastError} {
		if strings.Contains(text, "hush") || strings.Contains(text, "s3cret") {
			t.Errorf("secret in %q", text)
		}
	}
}

package notify

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestWhoHasStoppedSendingIsNotToldThatAllIsWell: a request's context also ends
// when its sender closes only the half on which it sends, and reads on.
func TestWhoHasStoppedSendingIsNotToldThatAllIsWell(t *testing.T) {
	h := newHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	handler := h.f.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// As it is where the commit takes until the sender has closed.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		<-r.Context().Done()
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(w, r)
	}))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: notify\r\nContent-Type: application/cloudevents+json\r\nContent-Length: %d\r\n\r\n%s", len(goodCE), goodCE); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if kept := h.l.Counts().Occurrences; resp.StatusCode < 300 && kept == 0 {
		t.Errorf("answered %s, and nothing is kept", resp.Status)
	}
}

// TestACancelledRequestIsAnswered, and is no outage.
func TestACancelledRequestIsAnswered(t *testing.T) {
	h := newHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader([]byte(goodCE)))
	req.Header.Set("Content-Type", "application/cloudevents+json")
	h.f.Handler().ServeHTTP(rec, req)
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
		t.Errorf("answered %d, want 503 with Retry-After", rec.Code)
	}
	if h.f.intake.n != 0 {
		t.Error("a sender that went away counts as an outage")
	}
}

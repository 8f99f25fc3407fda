package run

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"
)

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// TestSilentConnectionDoesNotEndTheProcess: net/http's Shutdown waits five
// seconds for a connection on which nothing was said yet, which is longer than
// a stop may take.
func TestSilentConnectionDoesNotEndTheProcess(t *testing.T) {
	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- ServeWith(ctx, address, 0, &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}, 50*time.Millisecond)
	}()
	silent := dial(t, address)
	defer func() { _ = silent.Close() }()
	// Who is answered after it shows that it was accepted.
	resp, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	stop()
	if err := <-done; err != nil {
		t.Errorf("serving ends with %v, want no error", err)
	}
	if n, err := silent.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Error("the silent connection is still open")
	}
}

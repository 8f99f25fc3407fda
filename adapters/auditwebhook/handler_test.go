package auditwebhook

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

func TestClusterInPath(t *testing.T) {
	tests := []struct {
		path, source string
		want         int
	}{
		{"/", "/clusters/kubernetes", 200},
		{"/?timeout=30s", "/clusters/kubernetes", 200},
		{"/clusters/pi-7.lab", "/clusters/pi-7.lab", 200},
		{"/clusters/" + strings.Repeat("a", 63), "/clusters/" + strings.Repeat("a", 63), 200},
		{"/clusters/" + strings.Repeat("a", 64), "", 400},
		{"/clusters/-pi", "", 400},
		{"/clusters/a%2Fb", "", 400},
		{"/clusters/a%20b", "", 400},
		{"/clusters/", "", 404},
		{"/clusters/a/b", "", 400},
		{"/other", "", 404},
	}
	for _, tc := range tests {
		s := &taker{}
		rec := post(webhook(t, config(), s).Handler(), tc.path, small)
		got := strings.Join(s.sources, " ")
		if rec.Code != tc.want || got != tc.source {
			t.Errorf("POST %s: %d, source %q; want %d, %q: %s", tc.path, rec.Code, got, tc.want, tc.source, rec.Body)
		}
	}
}

// TestOverload: over the bounds the answer is 503 at once, and what is held
// stays bounded.
func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := webhook(t, config(), sinkFunc(func(context.Context, []event.Event) error { <-release; return nil }))
		h := w.Handler()
		codes := make(chan int, maxOpen)
		for range maxOpen {
			go func() { codes <- post(h, "/", small).Code }()
		}
		synctest.Wait()
		start := time.Now()
		if rec := post(h, "/", small); rec.Code != 503 || rec.Header().Get("Retry-After") != "10" || time.Since(start) != 0 {
			t.Errorf("one more: %d after %s; want 503 at once", rec.Code, time.Since(start))
		}
		if open, _ := w.room.used(); open != maxOpen {
			t.Errorf("%d open; want %d", open, maxOpen)
		}
		close(release)
		for range maxOpen {
			if code := <-codes; code != 200 {
				t.Errorf("answer %d; want 200", code)
			}
		}
	})
}

func TestBytesAreBounded(t *testing.T) {
	r := room{maxBytes: 5 << 20, maxOpen: 10}
	if !r.enter(4<<20) || r.enter(2<<20) || !r.enter(1<<20) || r.enter(1) {
		t.Error("bodies over the bound were let in, or one within was not")
	}
	r.leave(4 << 20)
	if !r.enter(2 << 20) {
		t.Error("room that was left is not given again")
	}
}

func FuzzHandler(f *testing.F) {
	f.Add("/", small)
	f.Add("/clusters/pi", read(f, "policy-min-create-warning-no-managedFields.json"))
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		s := &taker{}
		req := &http.Request{Method: http.MethodPost, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: -1, Header: http.Header{}}
		u, err := url.Parse("http://h/")
		if err != nil {
			t.Skip()
		}
		u.Path, req.URL = path, u
		rec := httptest.NewRecorder()
		webhook(t, config(), s).Handler().ServeHTTP(rec, req)
		switch rec.Code {
		case 200:
		case 400, 404, 405:
			if len(s.ids) > 0 {
				t.Fatalf("answer %d, but the sink got %v", rec.Code, s.ids)
			}
		default:
			t.Fatalf("answer %d", rec.Code)
		}
	})
}

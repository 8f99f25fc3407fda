package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/webhook/wire"
)

const secret = "T0/B0/s3cr3t+word"

// TestFailuresTellNothing: no way to fail shows the address or the secret, and
// each says whether the message may have arrived.
func TestFailuresTellNothing(t *testing.T) {
	const refused = "http://127.0.0.1:1/" + secret // a port that nobody is given by chance
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("do") {
		case "drop":
			panic(http.ErrAbortHandler)
		case "long":
			_, _ = w.Write([]byte(strings.Repeat("x", 100<<10)))
		case "short":
			w.Header().Set("Content-Length", "10")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("x"))
		}
	}))
	t.Cleanup(srv.Close)
	at := srv.URL + "/" + secret + "?do="
	for name, tt := range map[string]struct {
		url     string
		written bool
		status  int
	}{
		"nobody listens":  {refused, false, 0},
		"no address":      {"http://" + secret + " /", false, 0},
		"dropped":         {at + "drop", true, 0},
		"answer too long": {at + "long", true, 200},
		"answer cut":      {at + "short", true, 502},
	} {
		t.Run(name, func(t *testing.T) {
			c := wire.New(wire.Options{Redact: wire.Redactor(secret)})
			defer c.Close()
			answer, receipt, failure := c.Post(t.Context(), wire.Request{URL: tt.url, Body: []byte("{}")})
			if failure == nil {
				t.Fatalf("answer %+v, want a failure", answer)
			}
			if failure.Written != tt.written || failure.Status != tt.status {
				t.Errorf("%+v, want written %v and status %d", failure, tt.written, tt.status)
			}
			if (receipt.WireOut > 0) != tt.written {
				t.Errorf("%d bytes went out, written is %v", receipt.WireOut, tt.written)
			}
			printed := fmt.Sprintf("%v %+v %#v %v %#v", failure, failure, failure, failure.Err, failure.Err)
			if strings.Contains(printed, "s3cr3t") {
				t.Errorf("the secret is in %s", printed)
			}
		})
	}
}

func TestContextEndsPost(t *testing.T) {
	hang := make(chan struct{})
	arrived := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-hang
	}))
	t.Cleanup(func() { close(hang); srv.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, _, failure := wire.New(wire.Options{}).Post(ctx, wire.Request{URL: srv.URL, Body: []byte("{}")})
	if failure == nil || !failure.Written || !errors.Is(failure, context.Canceled) {
		t.Errorf("failure %+v, want one that was written and cancelled", failure)
	}
}

// TestAsksForNothing holds what a request may cost.
func TestAsksForNothing(t *testing.T) {
	var got http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		w.WriteHeader(http.StatusFound)
	}))
	t.Cleanup(srv.Close)
	c := wire.New(wire.Options{UserAgent: "bell"})
	answer, receipt, failure := c.Post(t.Context(), wire.Request{URL: srv.URL, Body: []byte("{}"), Header: http.Header{"X-Own": {"1"}}})
	if failure != nil || answer.Status != http.StatusFound {
		t.Fatalf("answer %+v, failure %v: a redirect must not be followed", answer, failure)
	}
	if got.Get("User-Agent") != "bell" || got.Get("X-Own") != "1" || got.Get("Accept-Encoding") != "" || got.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("header is %v", got)
	}
	if _, ok := c.LastDate(); !ok || receipt.Date.IsZero() {
		t.Error("the Date of an answer from this machine is not taken")
	}
	out, in := c.Traffic()
	if out != receipt.WireOut || in != receipt.WireIn || out == 0 || in == 0 {
		t.Errorf("traffic %d and %d, receipt %+v", out, in, receipt)
	}
}

func TestRedactor(t *testing.T) {
	redact := wire.Redactor(secret, "", "abc")
	for in, want := range map[string]string{
		"plain abc": "plain abc",
		"at /hooks/" + secret + " and T0%2FB0%2Fs3cr3t%2Bword": "at /hooks/*** and ***",
		"proxyconnect http://user:pass@10.0.0.1:3128":          "proxyconnect http://***@10.0.0.1:3128",
	} {
		if got := redact(in); got != want {
			t.Errorf("redact(%q) = %q, want %q", in, got, want)
		}
	}
}

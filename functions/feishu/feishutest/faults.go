package feishutest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is one thing that goes wrong with one request. Make it with the
// functions below, or as JSON through the console.
type Fault struct {
	// Kind is the function's name in snake case; empty is no fault.
	Kind string `json:"kind"`
	// N is bytes for truncate_body and bytes a second for slow_response.
	N int `json:"n,omitempty"`
	// DelayMS is how long accept_then_hang waits before it breaks.
	DelayMS int64             `json:"delay_ms,omitempty"`
	Status  int               `json:"status,omitempty"`
	Code    int               `json:"code,omitempty"`
	Msg     string            `json:"msg,omitempty"`
	Header  map[string]string `json:"header,omitempty"`
}

var faultKinds = []string{"", "none", "accept_then_reset", "accept_then_hang", "reset_before_read", "slow_response",
	"truncate_body", "http_502_html", "captive_portal", "empty_200", "json_without_code", "statuscode_only_success",
	"code", "status", "gzip_response"}

// Validate refuses a fault of an unknown kind.
func (f Fault) Validate() error {
	if !slices.Contains(faultKinds, f.Kind) {
		return fmt.Errorf("fault: kind %q is unknown, want one of %s", f.Kind, strings.Join(faultKinds[1:], ", "))
	}
	if f.Kind == "status" && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("fault: status %d is out of range, want 200 to 599", f.Status)
	}
	return nil
}

// NoFault lets one request of a script pass.
func NoFault() Fault { return Fault{} }

// AcceptThenReset takes the message and breaks the connection: the client
// cannot know that it was delivered.
func AcceptThenReset() Fault { return Fault{Kind: "accept_then_reset"} }

// AcceptThenHang takes the message and is silent for d before it breaks.
func AcceptThenHang(d time.Duration) Fault {
	return Fault{Kind: "accept_then_hang", DelayMS: d.Milliseconds()}
}

// ResetBeforeRead breaks the connection before the body is read.
func ResetBeforeRead() Fault { return Fault{Kind: "reset_before_read"} }

// SlowResponse trickles the answer.
func SlowResponse(bytesPerSecond int) Fault { return Fault{Kind: "slow_response", N: bytesPerSecond} }

// TruncateBody takes the message and ends the answer's body after n bytes.
func TruncateBody(n int) Fault { return Fault{Kind: "truncate_body", N: n} }

// HTTP502HTML is a gateway that found nobody behind it.
func HTTP502HTML() Fault { return Fault{Kind: "http_502_html"} }

// CaptivePortal redirects to a log-in page.
func CaptivePortal() Fault { return Fault{Kind: "captive_portal"} }

// Empty200 answers 200 and nothing, and delivers nothing.
func Empty200() Fault { return Fault{Kind: "empty_200"} }

// JSONWithoutCode answers an empty object, and delivers nothing.
func JSONWithoutCode() Fault { return Fault{Kind: "json_without_code"} }

// StatusCodeOnlySuccess delivers and answers without the field code.
func StatusCodeOnlySuccess() Fault { return Fault{Kind: "statuscode_only_success"} }

// Code answers with a code under the HTTP status; 0 is 200.
func Code(code int, msg string, status int) Fault {
	return Fault{Kind: "code", Code: code, Msg: msg, Status: status}
}

// Status answers with a bare HTTP status and, in pairs, headers.
func Status(status int, header ...string) Fault {
	f := Fault{Kind: "status", Status: status, Header: map[string]string{}}
	for i := 0; i+1 < len(header); i += 2 {
		f.Header[header[i]] = header[i+1]
	}
	return f
}

// GzipResponse delivers and answers chunked and compressed, unasked.
func GzipResponse() Fault { return Fault{Kind: "gzip_response"} }

// Script queues faults; each request takes one, and when none is left all is
// well again.
func (b *Bot) Script(faults ...Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script = append(b.script, faults...)
}

// Always gives every request beyond the script the same fault; NoFault ends it.
func (b *Bot) Always(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.always = f
}

// ScriptRandom queues n requests, of which about share fail, each with one of
// faults.
func (b *Bot) ScriptRandom(n int, share float64, faults ...Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range n {
		f := Fault{}
		if len(faults) > 0 && b.rand.Float64() < share {
			f = faults[b.rand.IntN(len(faults))]
		}
		b.script = append(b.script, f)
	}
}

func (b *Bot) nextFault() Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.script) == 0 {
		return b.always.normal()
	}
	f := b.script[0]
	b.script = b.script[1:]
	return f.normal()
}

func (f Fault) normal() Fault {
	if f.Kind == "none" {
		return Fault{}
	}
	return f
}

// canned is the answer of faults that never reach the bot.
func (f Fault) canned() (reply, bool) {
	html := map[string]string{"Content-Type": "text/html"}
	switch f.Kind {
	case "http_502_html":
		return reply{status: 502, header: html, body: "<html><head><title>502 Bad Gateway</title></head></html>"}, true
	case "captive_portal":
		return reply{status: 302, header: map[string]string{"Content-Type": "text/html", "Location": "http://portal.invalid/login"},
			body: "<html><body>Log in</body></html>"}, true
	case "empty_200":
		return reply{status: 200}, true
	case "json_without_code":
		return reply{status: 200, body: "{}"}, true
	case "status":
		return reply{status: f.Status, header: f.Header}, true
	case "code":
		r := refuse(max(f.Status, 0), f.Code, f.Msg)
		if r.status == 0 {
			r.status = http.StatusOK
		}
		r.header = f.Header
		return *r, true
	}
	return reply{}, false
}

// breaks: the client gets no readable answer.
func (f Fault) breaks() bool {
	return f.Kind == "accept_then_reset" || f.Kind == "accept_then_hang" || f.Kind == "truncate_body"
}

func (b *Bot) deliver(w http.ResponseWriter, r *http.Request, out reply, f Fault) {
	switch f.Kind {
	case "accept_then_reset":
		reset(w)
	case "accept_then_hang":
		b.pause(r.Context(), time.Duration(f.DelayMS)*time.Millisecond)
		reset(w)
	case "truncate_body":
		truncated(w, out, f.N)
	case "slow_response":
		b.trickle(w, r, out, f.N)
	case "gzip_response":
		compressed(w, out)
	default:
		out.write(w)
	}
}

func truncated(w http.ResponseWriter, out reply, n int) {
	setHeaders(w, out)
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	w.WriteHeader(out.status)
	_, _ = w.Write([]byte(out.body[:min(max(n, 0), len(out.body))]))
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (b *Bot) trickle(w http.ResponseWriter, r *http.Request, out reply, perSecond int) {
	setHeaders(w, out)
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	w.WriteHeader(out.status)
	for i := range len(out.body) {
		if b.pause(r.Context(), time.Second/time.Duration(max(perSecond, 1))) != nil {
			return
		}
		_, _ = w.Write([]byte(out.body[i : i+1]))
		_ = http.NewResponseController(w).Flush()
	}
}

func compressed(w http.ResponseWriter, out reply) {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	_, _ = zw.Write([]byte(out.body)) // a bytes.Buffer takes everything
	_ = zw.Close()
	setHeaders(w, out)
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(out.status)
	_ = http.NewResponseController(w).Flush() // no length: chunked
	_, _ = w.Write(buf.Bytes())
}

// pause ends early when the client leaves or the bot is closed.
func (b *Bot) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-b.closed:
		return http.ErrServerClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

package feishutest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"syscall"
)

// Transport reaches the bot without a network, so that tests inside a
// testing/synctest bubble can use it. The host of the address does not matter.
func (b *Bot) Transport() http.RoundTripper { return inProcess{b} }

type inProcess struct{ bot *Bot }

// RoundTrip tells the request's trace how far it came, as net/http does.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if t.bot.down() {
		return nil, &netError{"dial", syscall.ECONNREFUSED}
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	wrote(req)
	inner := req.Clone(req.Context())
	inner.Body, inner.RemoteAddr = io.NopCloser(bytes.NewReader(body)), "127.0.0.1:1"
	rec := httptest.NewRecorder()
	if broke := t.serve(rec, inner); broke && rec.Body.Len() == 0 {
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		return nil, &netError{"read", syscall.ECONNRESET}
	} else if broke {
		resp := rec.Result()
		resp.Body = io.NopCloser(io.MultiReader(rec.Body, brokenReader{}))
		return resp, nil
	}
	return rec.Result(), nil
}

func (t inProcess) serve(w http.ResponseWriter, r *http.Request) (broke bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			broke = true
		default:
			panic(p)
		}
	}()
	t.bot.ServeHTTP(w, r)
	return false
}

func wrote(req *http.Request) {
	trace := httptrace.ContextClientTrace(req.Context())
	if trace == nil {
		return
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

type netError struct {
	op  string
	err error
}

func (e *netError) Error() string { return e.op + ": " + e.err.Error() }
func (e *netError) Unwrap() error { return e.err }

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) {
	return 0, io.ErrUnexpectedEOF
}

package apiservertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// Transport reaches the server without a network, so that a test can run in
// the fake time of testing/synctest.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ handler http.Handler }

// RoundTrip runs the handler and streams its answer.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	pr, pw := io.Pipe()
	ctx, cancel := context.WithCancel(req.Context())
	w := &answer{header: http.Header{}, pipe: pw, ready: make(chan struct{})}
	failed := make(chan error, 1)
	go func() {
		defer cancel()
		failed <- w.serve(t.handler, req.Clone(ctx))
	}()
	stop := context.AfterFunc(ctx, func() {
		if err := req.Context().Err(); err != nil {
			_ = pr.CloseWithError(err)
		}
	})
	select {
	case <-w.ready:
	case err := <-failed:
		if stop(); err != nil {
			return nil, err
		}
		w.WriteHeader(http.StatusOK)
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, ContentLength: -1,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Body: body{pr, cancel},
	}, nil
}

type body struct {
	*io.PipeReader
	cancel func()
}

func (b body) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

type answer struct {
	header http.Header
	pipe   *io.PipeWriter
	once   sync.Once
	ready  chan struct{}
	status int
}

// serve turns a handler that gives up into a connection that is cut.
func (a *answer) serve(h http.Handler, req *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); !ok || !errors.Is(e, http.ErrAbortHandler) {
				panic(p)
			}
			err = io.ErrUnexpectedEOF
		}
		_ = a.pipe.CloseWithError(err)
	}()
	h.ServeHTTP(a, req)
	return nil
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) {
	a.once.Do(func() {
		a.status = code
		a.header = a.header.Clone()
		close(a.ready)
	})
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.pipe.Write(p)
}

func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }

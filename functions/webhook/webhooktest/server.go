package webhooktest

import (
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// Request is one that arrived, its body read.
type Request struct {
	*http.Request
	Raw []byte
	At  time.Time
}

// Reply is an answer.
type Reply struct {
	Status int
	Header map[string]string // Content-Type too
	Body   string
}

// Judge answers a request as the service would.
type Judge func(Request) Reply

// Server is a far side.
type Server struct {
	// Now is the service's clock; set it before requests come.
	Now func() time.Time
	// MaxBody is how much is read, in bytes.
	MaxBody int64

	judge Judge
	http  *httptest.Server
	stop  chan struct{}

	mu       sync.Mutex
	faults   []Fault
	requests []Request
	replies  []Reply
	hanging  chan struct{}
}

// NewServer starts a server on loopback, over plain http.
func NewServer(judge Judge) *Server {
	s := newServer(judge)
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// NewTLSServer is NewServer over TLS; clients need Roots.
func NewTLSServer(judge Judge) *Server {
	s := newServer(judge)
	s.http = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	return s
}

func newServer(judge Judge) *Server {
	return &Server{
		Now: time.Now, MaxBody: 4 << 20, judge: judge,
		stop: make(chan struct{}), hanging: make(chan struct{}, 16),
	}
}

// URL is the server's address, without a path.
func (s *Server) URL() string { return s.http.URL }

// Roots holds the certificate of a TLS server.
func (s *Server) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.http.Certificate())
	return pool
}

// Close ends all that hangs, and the server.
func (s *Server) Close() {
	close(s.stop)
	s.http.Close()
}

// Script has the next requests break, one fault each, before all is well again.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Requests are those that arrived whole.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Replies are the judge's answers, whether or not they reached anybody.
func (s *Server) Replies() []Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Reply(nil), s.replies...)
}

// Hanging receives one value for each request that hangs.
func (s *Server) Hanging() <-chan struct{} { return s.hanging }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	fault := s.next()
	if fault.kind == dropBefore {
		cut(w)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.MaxBody))
	if err != nil {
		http.Error(w, "body", http.StatusRequestEntityTooLarge)
		return
	}
	req := Request{Request: r, Raw: raw, At: s.Now()}
	reply := fault.reply
	if fault.kind != answer { // it may have been taken
		reply = s.judge(req)
	}
	s.mu.Lock()
	s.requests, s.replies = append(s.requests, req), append(s.replies, reply)
	s.mu.Unlock()
	switch fault.kind {
	case dropAfter:
		cut(w)
	case hang:
		s.hang(r)
	case truncate:
		reply.Header = with(reply.Header, "Content-Length", "9999")
		if reply.Status == http.StatusNoContent {
			reply.Status = http.StatusOK
		}
		s.write(w, reply)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		s.write(w, reply)
	}
}

func (s *Server) hang(r *http.Request) {
	select {
	case s.hanging <- struct{}{}:
	default:
	}
	select {
	case <-s.stop:
	case <-r.Context().Done():
	}
	panic(http.ErrAbortHandler)
}

func (s *Server) write(w http.ResponseWriter, r Reply) {
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	for name, value := range r.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, r.Body) // the client may be gone
}

// cut resets the connection.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func with(h map[string]string, name, value string) map[string]string {
	out := map[string]string{name: value}
	for k, v := range h {
		out[k] = v
	}
	return out
}

// NewRequest is a POST of JSON as the channels make it, for a Judge without a
// connection.
func NewRequest(url string, body []byte) Request {
	r := httptest.NewRequest(http.MethodPost, url, nil)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	return Request{Request: r, Raw: body, At: time.Now()}
}

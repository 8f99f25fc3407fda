package feishutest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Start serves plain HTTP on a free port of 127.0.0.1 and sets URL. Like
// httptest it panics when it cannot.
func (b *Bot) Start() {
	ln := listen()
	b.URL = b.AddressOn(ln)
	go b.run(ln, b, false) //nolint:errcheck // ends with Close
}

// StartTLS does the same with a certificate of the bot's own authority; see
// CertPool.
func (b *Bot) StartTLS() {
	b.UseTLS()
	b.Start()
}

func listen() net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("feishutest: listen: %v", err))
	}
	return ln
}

// AddressOn is the webhook's address when the bot is served on ln.
func (b *Bot) AddressOn(ln net.Listener) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	scheme := "http://"
	if b.certs != nil {
		scheme = "https://"
	}
	return scheme + ln.Addr().String() + hookPath + b.opts.Token
}

// Serve serves the webhook on ln until Close. A console that shares the address
// stays reachable in an outage; nil is none.
func (b *Bot) Serve(ln net.Listener, console http.Handler) error {
	if console == nil {
		return b.run(ln, b, false)
	}
	mux := http.NewServeMux()
	mux.Handle("/open-apis/", b)
	mux.Handle("/", console)
	return b.run(ln, mux, true)
}

// UseTLS makes the certificates that the bot will be served with, and returns
// the authority's.
func (b *Bot) UseTLS() (caPEM []byte) {
	certs, err := newCertificates(b.options())
	if err != nil {
		panic(fmt.Sprintf("feishutest: make certificate: %v", err))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.certs = certs
	return certs.caPEM
}

func (b *Bot) run(ln net.Listener, h http.Handler, shared bool) error {
	b.mu.Lock()
	b.wire.bandwidth.Store(int64(b.opts.Bandwidth))
	b.server = &http.Server{
		Handler:           h,
		ConnContext:       connContext,
		ConnState:         b.connState,
		ReadHeaderTimeout: time.Minute,
		// Broken connections are what this server is for.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	server, certs := b.server, b.certs
	b.mu.Unlock()
	select {
	case <-b.closed:
		return ln.Close()
	default:
	}
	b.wire.shared.Store(shared)
	ln = &wireListener{Listener: ln, bot: b}
	if certs != nil {
		ln = tls.NewListener(ln, &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{certs.leaf},
		})
	}
	return server.Serve(ln)
}

// connState closes a connection that has served its number of requests.
func (b *Bot) connState(conn net.Conn, state http.ConnState) {
	if state != http.StateIdle {
		return
	}
	c, ok := wireOf(conn)
	limit := int64(b.options().CloseAfter)
	if ok && c.requests.Add(1) >= limit && limit > 0 {
		_ = conn.Close()
	}
}

// Close ends everything at once.
func (b *Bot) Close() {
	b.mu.Lock()
	server := b.server
	select {
	case <-b.closed:
	default:
		close(b.closed)
	}
	b.mu.Unlock()
	if server != nil {
		_ = server.Close()
	}
	b.wire.cut()
}

// CertPool trusts the authority of StartTLS and UseTLS; it is empty before.
func (b *Bot) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.certs != nil {
		pool.AppendCertsFromPEM(b.certs.caPEM)
	}
	return pool
}

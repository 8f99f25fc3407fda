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
	b.URL = "http://" + ln.Addr().String() + b.Path()
	go b.run(ln, b, false)
}

// StartTLS does the same with a certificate of the bot's own authority; see
// CertPool.
func (b *Bot) StartTLS() {
	ln := listen()
	b.URL = "https://" + ln.Addr().String() + b.Path()
	b.useTLS()
	go b.run(ln, b, false)
}

func listen() net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("feishutest: listen: %v", err))
	}
	return ln
}

// Serve serves the webhook on ln until Close, with TLS if withTLS. A console
// that shares the address stays reachable in an outage; nil is none.
func (b *Bot) Serve(ln net.Listener, console http.Handler, withTLS bool) error {
	scheme := "http://"
	if withTLS {
		b.useTLS()
		scheme = "https://"
	}
	b.URL = scheme + ln.Addr().String() + b.Path()
	if console == nil {
		return b.run(ln, b, false)
	}
	mux := http.NewServeMux()
	mux.Handle("/open-apis/", b)
	mux.Handle("/", console)
	return b.run(ln, mux, true)
}

func (b *Bot) useTLS() {
	opts := b.options()
	certs, err := newCertificates(opts)
	if err != nil {
		panic(fmt.Sprintf("feishutest: make certificate: %v", err))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.certs = certs
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
	ln = &wireListener{Listener: ln, bot: b, shared: shared}
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

// CertPool trusts the authority of StartTLS.
func (b *Bot) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(b.CAPEM())
	return pool
}

// CAPEM is the certificate of the authority of StartTLS, nil before.
func (b *Bot) CAPEM() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.certs == nil {
		return nil
	}
	return b.certs.caPEM
}

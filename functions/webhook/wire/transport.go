package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	dialTimeout   = 10 * time.Second
	tlsTimeout    = 10 * time.Second
	headerTimeout = 20 * time.Second
	// postTimeout ends an answer that trickles.
	postTimeout = 60 * time.Second
	// idleTimeout stays below what carriers' address translation forgets: a
	// request into a forgotten connection would be ambiguous.
	idleTimeout = 50 * time.Second
)

// newTransport speaks HTTP/1.1, because most messages come alone: HTTP/2 costs
// some 100 bytes more for each connection, and saves 250 only from the second
// message on it. Also for the bytes it asks for no compression, sends no TCP
// keep-alives, resumes TLS sessions (which spares the certificates) and leaves
// out the post-quantum key share, 1.2 KB out and 1.1 KB in.
func newTransport(tc *tls.Config, total *Meter) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return Dial(ctx, network, addr, total)
		},
		Protocols:             protocols,
		TLSClientConfig:       tc,
		TLSHandshakeTimeout:   tlsTimeout,
		ResponseHeaderTimeout: headerTimeout,
		IdleConnTimeout:       idleTimeout,
		MaxIdleConns:          1,
		MaxIdleConnsPerHost:   1,
		DisableCompression:    true,
	}
}

// TLSConfig is how certificates are checked and sessions resumed; for protocols
// other than HTTP set its ServerName. Both arguments may be nil.
func TLSConfig(roots *x509.CertPool, now func() time.Time) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            roots,
		Time:               now,
		ClientSessionCache: tls.NewLRUClientSessionCache(2),
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384},
	}
}

// Meter counts bytes above TCP: the TLS records, the handshake included.
type Meter struct{ out, in atomic.Int64 }

// Read is what was counted so far.
func (m *Meter) Read() (out, in int64) { return m.out.Load(), m.in.Load() }

// Dial connects over TCP and counts what passes in total, which may be shared.
func Dial(ctx context.Context, network, addr string, total *Meter) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: -1}
	conn, err := dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &countingConn{Conn: conn, total: total}, nil
}

type countingConn struct {
	net.Conn
	own   Meter
	total *Meter
}

func (c *countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.own.in.Add(int64(n))
	c.total.in.Add(int64(n))
	return n, err
}

// Write counts first: the answer may be read before Write returns.
func (c *countingConn) Write(p []byte) (int, error) {
	c.countOut(len(p))
	n, err := c.Conn.Write(p)
	c.countOut(n - len(p))
	return n, err
}

func (c *countingConn) countOut(n int) {
	c.own.out.Add(int64(n))
	c.total.out.Add(int64(n))
}

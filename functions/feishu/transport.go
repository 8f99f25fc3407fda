package feishu

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	dialTimeout   = 10 * time.Second
	tlsTimeout    = 10 * time.Second
	headerTimeout = 20 * time.Second
	// sendTimeout ends an answer that trickles.
	sendTimeout = 60 * time.Second
	// idleTimeout stays below what carriers' address translation forgets: a
	// request into a forgotten connection would be ambiguous.
	idleTimeout = 50 * time.Second
)

// newTransport speaks HTTP/1.1, because most messages come alone: HTTP/2 costs
// some 100 bytes more for each connection, and saves 250 only from the second
// message on it. Also for the bytes it asks for no compression, sends no TCP
// keep-alives, resumes TLS sessions (which spares the certificates) and leaves
// out the post-quantum key share, 1.2 KB out and 1.1 KB in.
func newTransport(tc *tls.Config, total *meter) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: -1}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &countingConn{Conn: conn, total: total}, nil
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

func newTLSConfig(o options) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            o.roots,
		Time:               o.tlsTime,
		ClientSessionCache: tls.NewLRUClientSessionCache(2),
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384},
	}
}

// meter counts bytes above TCP: the TLS records, the handshake included.
type meter struct{ out, in atomic.Int64 }

func (m *meter) read() (out, in int64) { return m.out.Load(), m.in.Load() }

type countingConn struct {
	net.Conn
	own   meter
	total *meter
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

// passage watches one request on its way: which connection it took, what the
// connection had carried before, and how much of the request was written.
type passage struct {
	conn       atomic.Pointer[countingConn]
	out, in    atomic.Int64
	headers    atomic.Bool
	incomplete atomic.Bool
}

func (p *passage) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: p.gotConn,
		WroteHeaders: func() {
			p.headers.Store(true)
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			p.incomplete.Store(info.Err != nil)
		},
	})
}

func (p *passage) gotConn(info httptrace.GotConnInfo) {
	conn := info.Conn
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	counted, ok := conn.(*countingConn)
	if !ok {
		return
	}
	p.conn.Store(counted)
	p.out.Store(0)
	p.in.Store(0)
	if info.Reused {
		out, in := counted.own.read()
		p.out.Store(out)
		p.in.Store(in)
	}
}

// written is true unless we know that a part never left. In doubt the message
// may have arrived, and saying so is the safe side.
func (p *passage) written() bool { return p.headers.Load() && !p.incomplete.Load() }

// bytes is what this request cost on the wire, the handshake included when the
// connection was made for it; 0, 0 under a foreign transport.
func (p *passage) bytes() (out, in int64) {
	conn := p.conn.Load()
	if conn == nil {
		return 0, 0
	}
	out, in = conn.own.read()
	return out - p.out.Load(), in - p.in.Load()
}

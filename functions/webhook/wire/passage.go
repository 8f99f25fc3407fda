package wire

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync/atomic"
)

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
		out, in := counted.own.Read()
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
	out, in = conn.own.Read()
	return out - p.out.Load(), in - p.in.Load()
}

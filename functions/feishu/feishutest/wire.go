package feishutest

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire is the link: it counts bytes, slows them and breaks.
type wire struct {
	in, out atomic.Int64 // from the bot's side
	outage  atomic.Bool
	// shared: the console stands on the same address and has to stay
	// reachable, so outages are left to the handler.
	shared    atomic.Bool
	bandwidth atomic.Int64

	mu    sync.Mutex
	conns map[*wireConn]struct{}
}

func newWire() *wire { return &wire{conns: map[*wireConn]struct{}{}} }

// cut breaks every connection there is.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		hardClose(c.Conn)
	}
}

type wireListener struct {
	net.Listener
	bot *Bot
}

func (l *wireListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !l.bot.wire.shared.Load() && l.bot.down() {
			hardClose(conn)
			continue
		}
		c := &wireConn{Conn: conn, wire: l.bot.wire}
		if !l.bot.wire.shared.Load() {
			c.isHook()
		}
		c.wire.mu.Lock()
		c.wire.conns[c] = struct{}{}
		c.wire.mu.Unlock()
		return c, nil
	}
}

type wireConn struct {
	net.Conn
	wire     *wire
	in, out  atomic.Int64
	requests atomic.Int64
	hook     atomic.Bool
	// seenIn and seenOut are where the last request ended.
	seenIn, seenOut int64
}

func (c *wireConn) Read(p []byte) (int, error) {
	p = c.slow(p)
	n, err := c.Conn.Read(p)
	c.in.Add(int64(n))
	if c.hook.Load() {
		c.wire.in.Add(int64(n))
	}
	return n, err
}

// Write counts first: the client may read before Write returns.
func (c *wireConn) Write(p []byte) (int, error) {
	written := 0
	for {
		part := c.slow(p[written:])
		c.countOut(len(part))
		n, err := c.Conn.Write(part)
		c.countOut(n - len(part))
		written += n
		if err != nil || written >= len(p) {
			return written, err
		}
	}
}

func (c *wireConn) countOut(n int) {
	c.out.Add(int64(n))
	if c.hook.Load() {
		c.wire.out.Add(int64(n))
	}
}

// isHook makes the connection's bytes count. On an address shared with the
// console only a request tells which connection is which.
func (c *wireConn) isHook() {
	if c.hook.CompareAndSwap(false, true) {
		c.wire.in.Add(c.in.Load())
		c.wire.out.Add(c.out.Load())
	}
}

// slow lets pass what the bandwidth allows in a twentieth of a second, after
// waiting that long.
func (c *wireConn) slow(p []byte) []byte {
	const slice = 20
	bandwidth := c.wire.bandwidth.Load()
	if bandwidth <= 0 {
		return p
	}
	time.Sleep(time.Second / slice)
	return p[:min(len(p), max(1, int(bandwidth/slice)))]
}

func (c *wireConn) Close() error {
	c.wire.mu.Lock()
	delete(c.wire.conns, c)
	c.wire.mu.Unlock()
	return c.Conn.Close()
}

// hardClose sends RST instead of FIN.
func hardClose(conn net.Conn) {
	if tcp, ok := plainConn(conn).(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func plainConn(conn net.Conn) net.Conn {
	switch c := conn.(type) {
	case *tls.Conn:
		return plainConn(c.NetConn())
	case *wireConn:
		return plainConn(c.Conn)
	}
	return conn
}

type connKey struct{}

// connContext lets a handler find the connection's counters.
func connContext(ctx context.Context, conn net.Conn) context.Context {
	c, _ := wireOf(conn)
	return context.WithValue(ctx, connKey{}, c)
}

func wireOf(conn net.Conn) (*wireConn, bool) {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	c, ok := conn.(*wireConn)
	return c, ok
}

// spentOn is what the connection carried since the request before.
func spentOn(ctx context.Context) (out, in int64) {
	c, _ := ctx.Value(connKey{}).(*wireConn)
	if c == nil {
		return 0, 0
	}
	out, in = c.in.Load()-c.seenIn, c.out.Load()-c.seenOut
	c.seenIn, c.seenOut = c.in.Load(), c.out.Load()
	return out, in
}

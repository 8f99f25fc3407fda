package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// relay passes TCP connections on and counts their bytes, in both directions
// together. It reads nothing of them.
type relay struct {
	at, to string
	l      net.Listener
	bytes  atomic.Int64
	// dial and passes, where they are set, take the place of a plain dial and
	// say of each HTTP answer whether it gets through; where not, both sides are
	// cut off.
	dial   func(to string) (net.Conn, error)
	passes func() bool

	mu   sync.Mutex
	open []net.Conn
}

// newRelay listens on a free loopback address for who wants to reach to, which
// is a host and port.
func newRelay(to string) (*relay, error) { return (&relay{to: to}).start() }

func (r *relay) start() (_ *relay, err error) {
	if r.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	r.at = r.l.Addr().String()
	if r.dial == nil {
		r.dial = func(to string) (net.Conn, error) { return net.Dial("tcp", to) }
	}
	go r.accept()
	return r, nil
}

func (r *relay) accept() {
	for {
		near, err := r.l.Accept()
		if err != nil {
			return // closed
		}
		far, err := r.dial(r.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		r.mu.Lock()
		r.open = append(r.open, near, far)
		r.mu.Unlock()
		go r.pass(near, far, counted{near, &r.bytes})
		go r.pass(far, near, answers{counted{far, &r.bytes}, r.passes})
	}
}

// pass copies what is read until one side ends, then ends both.
func (r *relay) pass(from, to net.Conn, read io.Reader) {
	_, _ = io.Copy(to, read)
	_, _ = from.Close(), to.Close()
}

func (r *relay) close() {
	_ = r.l.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.open {
		_ = c.Close()
	}
}

// counted counts as it reads: what has arrived is counted, also while the
// connection lasts.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// answers ends where an HTTP answer does not pass. It is for answers that come
// in one piece, as small ones do.
type answers struct {
	io.Reader
	passes func() bool
}

var errLost = errors.New("the answer is lost")

func (a answers) Read(b []byte) (int, error) {
	n, err := a.Reader.Read(b)
	if a.passes != nil && bytes.HasPrefix(b[:n], []byte("HTTP/1.")) && !a.passes() {
		return 0, errLost
	}
	return n, err
}

package main

import (
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

	mu   sync.Mutex
	open []net.Conn
}

// newRelay listens on a free loopback address for who wants to reach to, which
// is a host and port.
func newRelay(to string) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{at: l.Addr().String(), to: to, l: l}
	go r.accept()
	return r, nil
}

func (r *relay) accept() {
	for {
		near, err := r.l.Accept()
		if err != nil {
			return // closed
		}
		far, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		r.mu.Lock()
		r.open = append(r.open, near, far)
		r.mu.Unlock()
		go r.pass(near, far)
		go r.pass(far, near)
	}
}

// pass copies until one side ends, then ends both.
func (r *relay) pass(from, to net.Conn) {
	_, _ = io.Copy(to, counted{from, &r.bytes})
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

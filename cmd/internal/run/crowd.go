package run

import (
	"net"
	"net/http"
	"sync"
)

// MaxConns bounds a listener's open connections: each takes memory before its
// first byte has been read, and more while its body comes.
const MaxConns = 128

// crowd keeps connections few. One too many costs the address that has the most
// of them the one that has done nothing for longest, so that who opens many
// shuts out nobody else.
type crowd struct {
	most int

	mu    sync.Mutex
	moves uint64
	open  map[net.Conn]guest
	per   map[string]int
}

type guest struct {
	address string
	moved   uint64 // when its state changed last
}

func newCrowd(most int) *crowd {
	return &crowd{most: most, open: map[net.Conn]guest{}, per: map[string]int{}}
}

// track is an http.Server's ConnState.
func (c *crowd) track(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, known := c.open[conn]
	switch {
	case state == http.StateClosed || state == http.StateHijacked:
		if known {
			c.forget(conn, g.address)
		}
		return
	case state == http.StateNew:
		g.address = hostOf(conn)
		c.per[g.address]++
	case !known:
		return // was shut out
	}
	c.moves++
	g.moved = c.moves
	c.open[conn] = g
	for len(c.open) > c.most {
		c.shutOut()
	}
}

func hostOf(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return conn.RemoteAddr().String()
	}
	return host
}

func (c *crowd) forget(conn net.Conn, address string) {
	delete(c.open, conn)
	if c.per[address]--; c.per[address] == 0 {
		delete(c.per, address)
	}
}

func (c *crowd) shutOut() {
	var worst net.Conn
	var is guest
	for conn, g := range c.open {
		n, most := c.per[g.address], c.per[is.address]
		if worst == nil || n > most || n == most && g.moved < is.moved {
			worst, is = conn, g
		}
	}
	c.forget(worst, is.address)
	go func() { _ = worst.Close() }() // over TLS it says goodbye first
}

package run

import (
	"net"
	"net/http"
	"testing"
	"time"
)

// fakeConn is a connection from an address.
type fakeConn struct {
	net.Conn
	from   string
	closed chan struct{}
}

func (c *fakeConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.ParseIP(c.from), Port: 1}
}

func (c *fakeConn) Close() error {
	close(c.closed)
	return nil
}

func TestCrowdShutsOutWhoHasMost(t *testing.T) {
	c := newCrowd(4)
	arrive := func(from string) *fakeConn {
		conn := &fakeConn{from: from, closed: make(chan struct{})}
		c.track(conn, http.StateNew)
		return conn
	}
	honest := arrive("10.0.0.1")
	var many []*fakeConn
	for range 20 {
		many = append(many, arrive("10.0.0.2"))
	}
	late := arrive("10.0.0.3")
	for i, conn := range many[:len(many)-2] {
		select {
		case <-conn.closed:
		case <-time.After(10 * time.Second):
			t.Fatalf("connection %d of one address is open", i)
		}
	}
	for _, conn := range []*fakeConn{honest, late, many[18], many[19]} {
		select {
		case <-conn.closed:
			t.Errorf("a connection of %s is shut out", conn.from)
		default:
		}
		c.track(conn, http.StateActive)
		c.track(conn, http.StateClosed)
	}
	if len(c.open) != 0 || len(c.per) != 0 {
		t.Errorf("left: %v, %v", c.open, c.per)
	}
}

// TestCrowdSparesWhoIsBusy: of one address the longest idle one goes.
func TestCrowdSparesWhoIsBusy(t *testing.T) {
	c := newCrowd(2)
	first, second, third := &fakeConn{from: "10.0.0.1", closed: make(chan struct{})}, &fakeConn{from: "10.0.0.1", closed: make(chan struct{})}, &fakeConn{from: "10.0.0.1"}
	c.track(first, http.StateNew)
	c.track(second, http.StateNew)
	c.track(first, http.StateActive)
	c.track(third, http.StateNew)
	select {
	case <-second.closed:
	case <-time.After(10 * time.Second):
		t.Error("the idle connection stays")
	}
	c.track(second, http.StateClosed)
	if len(c.open) != 2 {
		t.Errorf("%d connections, want 2", len(c.open))
	}
}

package run

import (
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
)

// maxHello is what a client may send in a handshake until it is known: its
// hello and its certificates. crypto/tls takes 64 KiB of the one and 256 KiB of
// the other, and reads each certificate before it asks whether it is good: 60
// connections made 72 MiB of that.
const maxHello = 16 << 10

// Who talks to us needs no HTTP/2.
var protocols = []string{"http/1.1"}

// door hands out connections whose handshake is bounded by maxHello, when it is
// made with what guard returns.
type door struct{ net.Listener }

// Accept implements net.Listener.
func (d door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &stranger{Conn: conn, left: maxHello}, nil
}

// stranger is a connection that has not shown who it is.
type stranger struct {
	net.Conn
	left  int // of maxHello; one goroutine at a time reads
	known atomic.Bool
}

var errHello = errors.New("the client's hello and certificates are too large")

// Read implements net.Conn.
func (s *stranger) Read(b []byte) (int, error) {
	if s.known.Load() {
		return s.Conn.Read(b)
	}
	if s.left == 0 && len(b) > 0 {
		return 0, errHello
	}
	n, err := s.Conn.Read(b[:min(len(b), s.left)])
	s.left -= n
	return n, err
}

// guard is conf for the connections of a door.
func guard(conf *tls.Config) *tls.Config {
	guarded := conf.Clone()
	guarded.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		own := conf
		if conf.GetConfigForClient != nil {
			changed, err := conf.GetConfigForClient(hello)
			if err != nil {
				return nil, err
			}
			if changed != nil {
				own = changed
			}
		}
		own = own.Clone()
		own.NextProtos = protocols
		if s, ok := hello.Conn.(*stranger); ok {
			verify := own.VerifyConnection
			own.VerifyConnection = func(state tls.ConnectionState) error {
				s.known.Store(true)
				if verify != nil {
					return verify(state)
				}
				return nil
			}
		}
		return own, nil
	}
	return guarded
}

package cluster

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// reservation holds a port of 127.0.0.1 without listening: while a component is
// down, connections are refused, yet nobody else can take its port.
type reservation struct {
	fd   int
	port int
}

// reserve takes port, or a free one for 0. The component shares it with
// --permit-port-sharing.
func reserve(port int) (*reservation, error) {
	if port != 0 {
		// Sharing would also let a second cluster in, so look first.
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return nil, fmt.Errorf("reserve port %d: %w", port, err)
		}
		if err := listener.Close(); err != nil {
			return nil, fmt.Errorf("reserve port %d: %w", port, err)
		}
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("reserve port: %w", err)
	}
	r := &reservation{fd: fd}
	if err := r.bind(port); err != nil {
		r.release()
		return nil, fmt.Errorf("reserve port %d: %w", port, err)
	}
	return r, nil
}

func (r *reservation) bind(port int) error {
	if err := unix.SetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return err
	}
	if port != 0 { // connections of a run before may still be winding down
		if err := unix.SetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
	}
	if err := unix.Bind(r.fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	address, err := unix.Getsockname(r.fd)
	if err != nil {
		return err
	}
	r.port = address.(*unix.SockaddrInet4).Port
	return nil
}

func (r *reservation) release() { _ = unix.Close(r.fd) } // nothing was written

// lockDir makes dir and keeps a second cluster out of it, until the process
// ends or unlock is called.
func lockDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock folder: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("lock folder: another cluster runs in %s: %w", dir, err)
	}
	return func() { _ = lock.Close() }, nil
}

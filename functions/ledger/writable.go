package ledger

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Writable says whether the ledger can take Alerts now: nil, or why not. After
// a failed write it tries the disk again, so that it turns green by itself.
func (l *Ledger) Writable() error {
	select {
	case <-l.stopping:
		return ErrClosed
	default:
	}
	l.mu.Lock()
	err := l.ioErr
	l.mu.Unlock()
	if err == nil {
		return nil
	}
	if access := unix.Access(l.path(), unix.W_OK); access != nil {
		return errors.Join(err, fmt.Errorf("DATA_DIR: %w", access))
	}
	return l.Touch()
}

// Touch commits the clock alone, which shows whether the disk takes writes.
func (l *Ledger) Touch() error {
	r := &request{apply: func(t *transaction) error { t.meta = true; return nil }, done: make(chan error, 1)}
	select {
	case l.requests <- r:
	case <-l.stopping:
		return ErrClosed
	}
	select {
	case err := <-r.done:
		return err
	case <-l.done:
		return ErrClosed
	}
}

package ledger

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func (l *Ledger) failed(err error) error {
	err = fmt.Errorf("write ledger: %w", err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ioErr = err
	return err
}

// settle makes certain what a failed commit left in doubt. A sync that failed
// on bbolt's meta page leaves the page cache with a commit that the disk may
// lack, clean and never written again (Linux reports a failed write-back
// once); the next commit would overwrite what the disk's own meta page still
// points to. So the meta pages are written again before anything else is, and
// what the file then says is what is kept in memory.
func (l *Ledger) settle() error {
	f, err := os.OpenFile(l.path(), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	page := make([]byte, pageSize)
	for i := range int64(2) {
		if _, err := f.ReadAt(page, i*pageSize); err != nil {
			return err
		}
		if _, err := f.WriteAt(page, i*pageSize); err != nil {
			return err
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return fmt.Errorf("sync %s: %w", l.path(), err)
		}
	}
	if err := l.reload(); err != nil {
		return err
	}
	l.suspect = false
	return nil
}

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
	return l.Touch()
}

// Touch commits the clock alone, which shows whether the disk takes writes.
func (l *Ledger) Touch() error { return l.do(touch(context.Background())) }

func touch(ctx context.Context) *request {
	return change(ctx, func(t *transaction) error { t.changed = true; return nil })
}

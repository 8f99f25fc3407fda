package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// pageSize is set, so that a file made on one machine (the Raspberry Pi 5 has
// memory pages of 16 KiB) opens on another, and so that a small change writes
// little to an SD card.
const pageSize = 4096

// lockWait is how long a predecessor may take to go.
const lockWait = 3 * time.Second

var errLocked = errors.New("another process holds its lock; only one notify may use it")

// lockDir holds the directory's lock until the file is closed. bbolt's own lock
// would not cover what is done before it opens the file: two processes would
// each move the other's file aside.
func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for begin := time.Now(); ; <-again.C {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return f, nil
		case !errors.Is(err, unix.EWOULDBLOCK):
			return nil, errors.Join(fmt.Errorf("lock: %w", err), f.Close())
		case time.Since(begin) > lockWait:
			return nil, errors.Join(errLocked, f.Close())
		}
	}
}

// prepareFile leaves a sound file of its whole size behind: a full disk is
// found here, at the start, and not in the middle of a night.
func (l *Ledger) prepareFile() error {
	info, err := os.Stat(l.path())
	if errors.Is(err, fs.ErrNotExist) {
		return l.create(nil)
	}
	if err != nil {
		return err
	}
	damage, err := l.damage()
	if err != nil {
		return err
	}
	if damage != nil {
		return l.moveAside(damage, info.ModTime())
	}
	if err := allocate(l.path(), l.cfg.MaxBytes); err != nil {
		// What is there works; more room is not worth an outage.
		l.log.Warn("ledger keeps its size: DATA_MAX_BYTES cannot be allocated", "bytes", fileSize(l.path()), "want", l.cfg.MaxBytes, "error", err)
	}
	return nil
}

// create makes an empty ledger beside the place of the old one and puts it
// there whole: a power cut leaves either none or one that is complete.
func (l *Ledger) create(gap *Gap) error {
	fresh := l.path() + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeFile(fresh, gap); err != nil {
		return err
	}
	if err := allocate(fresh, l.cfg.MaxBytes); err != nil {
		_ = os.Remove(fresh)
		return fmt.Errorf("allocate DATA_MAX_BYTES %d: %w", l.cfg.MaxBytes, err)
	}
	if err := os.Rename(fresh, l.path()); err != nil {
		return err
	}
	if err := syncDir(l.cfg.Dir); err != nil {
		return err
	}
	return syncDir(filepath.Dir(filepath.Clean(l.cfg.Dir))) // which may be new itself
}

// makeFile writes a database with empty buckets, and a gap to tell.
func makeFile(path string, gap *Gap) error {
	db, err := openFile(path, 0, false)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if err := meta.Put(keyVersion, binary.BigEndian.AppendUint64(nil, version)); err != nil {
			return err
		}
		var s state
		if gap != nil {
			s.notice.add(*gap)
		}
		return s.write(meta)
	})
	return errors.Join(err, db.Close())
}

func openFile(path string, size int64, noSync bool) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:  lockWait,
		PageSize: pageSize,
		MaxSize:  int(size),
		NoSync:   noSync,
		// The free list is found again at the next start; written with every
		// commit it would be the largest part of it.
		NoFreelistSync: true,
		// This one takes the lowest pages first, which keeps long runs free.
		FreelistType: bolt.FreelistArrayType,
	})
	if err != nil {
		return nil, err
	}
	db.AllocSize = pageSize
	return db, nil
}

// allocate makes sure that the file has at least size bytes and their blocks
// are on disk. A larger file keeps its size.
func allocate(path string, size int64) error {
	size -= size % pageSize
	if fileSize(path) >= size {
		return nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	before := fileSize(path)
	err = unix.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		err = fillZeros(f, before, size)
	}
	if err != nil {
		_ = f.Truncate(before) // give back what was got
		_ = f.Close()
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// fillZeros allocates by writing, for file systems without fallocate.
func fillZeros(f *os.File, from, size int64) error {
	zeros := make([]byte, 64<<10)
	for from < size {
		n, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-from)], from)
		if err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil // a file system whose directories need none
	}
	return errors.Join(err, f.Close())
}

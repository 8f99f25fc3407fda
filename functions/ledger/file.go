package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// pageSize is set, so that a file made on one machine (the Raspberry Pi 5 has
// memory pages of 16 KiB) opens on another, and so that a small change writes
// little to an SD card.
const pageSize = 4096

// allocate makes sure that the file's blocks are on disk. A new file gets the
// whole size; an existing one keeps its size when it is larger.
func allocate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		// bbolt makes its own first pages, and only in an empty file.
		if err := create(path); err != nil {
			return err
		}
	}
	size -= size % pageSize
	if fileSize(path) >= size {
		return nil
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		err = fillZeros(f, size)
	}
	if err != nil {
		return err
	}
	return f.Sync()
}

// create writes an empty database.
func create(path string) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 3 * time.Second, PageSize: pageSize, NoFreelistSync: true})
	if err != nil {
		return err
	}
	return db.Close()
}

// fillZeros allocates by writing, for file systems without fallocate.
func fillZeros(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, 64<<10)
	for at := info.Size(); at < size; {
		n, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at)
		if err != nil {
			return err
		}
		at += int64(n)
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

// Check reads the whole file at path and says what is damaged: bbolt's own
// check and every row's checksum. A damaged file may make the program fault
// (bbolt maps it into memory), so call it in a process of its own.
func Check(path string) (err error) {
	debug.SetPanicOnFault(true)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read ledger file: %v", r)
		}
	}()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: 3 * time.Second, PageSize: pageSize})
	if err != nil {
		return fmt.Errorf("open ledger file: %w", err)
	}
	defer func() { _ = db.Close() }()
	return db.View(func(tx *bolt.Tx) error {
		// Pages past the end of a truncated file fault when touched.
		if size := tx.Size(); size > fileSize(path) {
			return fmt.Errorf("the file ends at %d bytes, its pages at %d", fileSize(path), size)
		}
		for problem := range tx.Check() {
			return problem
		}
		return checkRows(tx)
	})
}

func checkRows(tx *bolt.Tx) error {
	for _, name := range [][]byte{bucketGroups, bucketSources} {
		b := tx.Bucket(name)
		if b == nil {
			continue
		}
		err := b.ForEach(func(k, v []byte) error {
			var any map[string]any
			if err := decodeRow(v, &any); err != nil {
				return fmt.Errorf("row %x of %s: %w", k, name, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if b := tx.Bucket(bucketSeen); b != nil {
		return b.ForEach(func(k, v []byte) error {
			if _, err := decodeSeen(v); err != nil {
				return fmt.Errorf("row %x of seen: %w", k, err)
			}
			return nil
		})
	}
	return nil
}

// inspect checks an existing file before it is used. A damaged one is moved
// aside, never deleted, and the time between its last write and now is
// returned as a gap.
func (l *Ledger) inspect() (*Gap, error) {
	info, err := os.Stat(l.path())
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.Size() == 0) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger in DATA_DIR %s: %w", l.cfg.Dir, err)
	}
	problem := l.check(l.path())
	if problem == nil {
		return nil, nil
	}
	aside := l.path() + ".damaged-" + l.wall().UTC().Format("20060102T150405Z")
	if err := os.Rename(l.path(), aside); err != nil {
		return nil, fmt.Errorf("move damaged ledger aside: %w", err)
	}
	l.log.Error("ledger damaged: moved aside, beginning a new one", "error", problem, "kept", aside)
	if err := keepNewest(l.path()+".damaged-*", 2); err != nil {
		l.log.Warn("old damaged ledgers stay", "error", err)
	}
	return &Gap{From: info.ModTime(), To: l.wall(), Why: GapLedgerDamaged}, nil
}

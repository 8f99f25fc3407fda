package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrUnchecked says that a file could not be checked, which is not to say that
// it is damaged.
var ErrUnchecked = errors.New("the ledger file could not be checked")

// Check reads the whole file at path and says what is damaged: bbolt's own
// check and every row's checksum. A damaged file may end the program (bbolt
// maps it into memory and panics in goroutines of its own), so call it in a
// process of its own. What a newer version wrote is not checked.
func Check(path string) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read ledger file: %v", r)
		}
	}()
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: lockWait, PageSize: pageSize})
	switch {
	case errors.Is(err, berrors.ErrTimeout), errors.Is(err, os.ErrPermission), errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrUnchecked, err)
	case err != nil:
		return fmt.Errorf("open ledger file: %w", err)
	}
	defer func() { _ = db.Close() }()
	return db.View(func(tx *bolt.Tx) error {
		// Pages past the end of a truncated file fault when touched.
		if size := tx.Size(); size > fileSize(path) {
			return fmt.Errorf("the file ends at %d bytes, its pages at %d", fileSize(path), size)
		}
		var first error
		for problem := range tx.Check() { // to its end, or its goroutine stays
			if first == nil {
				first = problem
			}
		}
		if first != nil {
			return first
		}
		return checkRows(tx)
	})
}

func checkRows(tx *bolt.Tx) error {
	if v := readVersion(tx); v > version {
		return nil // Open refuses it with a clear word
	} else if v == 0 {
		return errNoVersion
	}
	for _, name := range buckets {
		if tx.Bucket(name) == nil {
			return fmt.Errorf("bucket %s is gone", name)
		}
	}
	meta := tx.Bucket(bucketMeta)
	if _, err := startClock(meta.Get(keyClock)); err != nil {
		return err
	}
	if _, err := readState(meta); err != nil {
		return err
	}
	return errors.Join(
		eachRow(tx, bucketGroups, func(k, v []byte) error { _, err := decodeGroup(k, v); return err }),
		eachRow(tx, bucketSeen, func(k, v []byte) error { _, err := decodeSeen(k, v); return err }),
		eachRow(tx, bucketSources, func(k, v []byte) error { _, err := unseal(k, v); return err }),
	)
}

func eachRow(tx *bolt.Tx, bucket []byte, check func(k, v []byte) error) error {
	return tx.Bucket(bucket).ForEach(func(k, v []byte) error {
		if err := check(k, v); err != nil {
			return fmt.Errorf("row %x of %s: %w", k, bucket, err)
		}
		return nil
	})
}

// damage says what is wrong with the file's content; err, why it cannot be
// used or checked at all.
func (l *Ledger) damage() (damage, err error) {
	f, err := os.OpenFile(l.path(), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > 2*pageSize {
		mended, err := mendMeta(f)
		if err != nil {
			l.log.Warn("a torn meta page stays as it is", "error", err)
		}
		if mended {
			l.log.Warn("a torn meta page was mended: the newest commit may be missing")
			l.mended = &Gap{From: info.ModTime(), To: l.wall(), Why: GapLedgerDamaged}
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return errors.New("the file is empty"), nil // it was not when it was made
	}
	damage = l.check(l.path())
	if errors.Is(damage, ErrUnchecked) {
		return nil, damage
	}
	return damage, nil
}

// moveAside keeps a damaged file under another name and begins a new one that
// tells the gap between the damaged one's last write and now.
func (l *Ledger) moveAside(damage error, last time.Time) error {
	aside, old, err := l.asideName()
	if err != nil {
		return err
	}
	// The name exists twice until the new file takes its place, so that a
	// power cut in between neither loses the damaged one nor the gap.
	if err := os.Link(l.path(), aside); err != nil {
		if err := os.Rename(l.path(), aside); err != nil {
			return fmt.Errorf("move damaged ledger aside: %w", err)
		}
	}
	gap := &Gap{From: last, To: l.wall(), Why: GapLedgerDamaged}
	l.mended = nil // this gap holds it
	err = l.create(gap)
	if err != nil && len(old) > 0 {
		// On a full disk what was damaged earlier gives way.
		l.removeAside(old)
		old = nil
		err = l.create(gap)
	}
	if err != nil {
		return fmt.Errorf("begin a new ledger after a damaged one (%w): %w", damage, err)
	}
	l.log.Error("ledger damaged: moved aside, beginning a new one", "error", damage, "kept", aside)
	const keepOld = 1
	l.removeAside(old[:max(len(old)-keepOld, 0)])
	return nil
}

// asideName numbers damaged files, as the wall clock may stand in 1970. old are
// those there are already, oldest first.
func (l *Ledger) asideName() (name string, old []string, err error) {
	const prefix = fileName + ".damaged-"
	files, err := os.ReadDir(l.cfg.Dir) // sorted by name
	if err != nil {
		return "", nil, err
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), prefix) {
			old = append(old, filepath.Join(l.cfg.Dir, f.Name()))
		}
	}
	n := 0
	if len(old) > 0 {
		if _, err := fmt.Sscanf(filepath.Base(old[len(old)-1]), prefix+"%06d", &n); err != nil {
			n = 0
		}
	}
	name = fmt.Sprintf("%s%06d-%s", prefix, n+1, l.wall().UTC().Format("20060102T150405Z"))
	return filepath.Join(l.cfg.Dir, name), old, nil
}

// removeAside bounds what broken files take of the disk.
func (l *Ledger) removeAside(names []string) {
	for _, name := range names {
		if err := os.Remove(name); err != nil {
			l.log.Warn("an old damaged ledger stays", "error", err)
		}
	}
}

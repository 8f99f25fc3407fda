package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// disk is a small file system in memory.
type disk struct{ dir string }

const diskBytes = 24 << 20

// mountDisk puts a disk in the place of the scene's data folder.
func (s *scene) mountDisk() (*disk, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	if err := unix.Mount("tmpfs", s.dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", diskBytes)); err != nil {
		return nil, fmt.Errorf("mount a small disk: %w", err)
	}
	return &disk{s.dir}, nil
}

func (d *disk) unmount() error { return unix.Unmount(d.dir, unix.MNT_DETACH) }

// readOnly remounts it; it fails while a file is open for writing.
func (d *disk) readOnly(on bool) error {
	flags := uintptr(unix.MS_REMOUNT)
	if on {
		flags |= unix.MS_RDONLY
	}
	if err := unix.Mount("tmpfs", d.dir, "tmpfs", flags, ""); err != nil {
		return fmt.Errorf("remount (read-only %t): %w", on, err)
	}
	return nil
}

// fill takes the disk's room, but for what is left.
func (d *disk) fill(left int64) (free func() error, err error) {
	name := filepath.Join(d.dir, "foreign")
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		return nil, fmt.Errorf("fill the disk: %w", err)
	}
	if left > 0 {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if err := f.Truncate(max(info.Size()-left, 0)); err != nil {
			return nil, err
		}
	}
	return func() error { return os.Remove(name) }, f.Close()
}

// makeSparse gives back the blocks of pages that hold nothing.
func makeSparse(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return eachPage(f, func(at int64, empty bool) error {
		if !empty {
			return nil
		}
		return unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, at, pageSize)
	})
}

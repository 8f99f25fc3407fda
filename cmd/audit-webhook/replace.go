package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// replaceFile gives a file new content at once: after a power cut it is either
// the old or the new one. Mode and owner are those of the file that was there,
// or else of like. It says whether anything had to be written.
func replaceFile(name, like string, content []byte) (wrote bool, err error) {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // a link stays a link
	}
	old, err := os.ReadFile(name)
	switch {
	case err == nil && bytes.Equal(old, content):
		return false, nil
	case err == nil:
		like = name
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".edgebell-*")
	if err != nil {
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already after the rename
	if err := fill(tmp, like, content); err != nil {
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(tmp.Name(), name); err != nil {
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	return true, syncDir(filepath.Dir(name))
}

func fill(tmp *os.File, like string, content []byte) error {
	_, err := tmp.Write(content)
	info, statErr := os.Stat(like)
	if err = errors.Join(err, statErr); err == nil {
		err = tmp.Chmod(info.Mode().Perm())
	}
	if err == nil {
		if own, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
			err = tmp.Chown(int(own.Uid), int(own.Gid))
		}
	}
	return errors.Join(err, tmp.Sync(), tmp.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

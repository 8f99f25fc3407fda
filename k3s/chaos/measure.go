package main

import (
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/edgebell/edgebell/k3s/process"
)

// peakMemory is the most that a process has had resident, in bytes.
func peakMemory(p *process.Process) (int64, error) {
	m, err := p.Memory()
	return m.Peak << 10, err
}

// diskUse is what a folder takes. The ledger's file has its size from the
// start and never shrinks, so the end is the peak.
func diskUse(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			n += max(st.Blocks*512, info.Size())
		}
		return nil
	})
	return n, err
}

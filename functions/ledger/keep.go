package ledger

import (
	"os"
	"path/filepath"
	"slices"
)

// keepNewest removes all but the n newest files of a pattern whose names sort
// by time, so that a failing card cannot fill its disk with what it broke.
func keepNewest(pattern string, n int) error {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names[:max(len(names)-n, 0)] {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

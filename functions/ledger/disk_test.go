package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/edgebell/edgebell/functions/alert"
)

func fp(a alert.Alert) []byte { f := a.Fingerprint(); return f[:] }

func TestSizeChangedBetweenStarts(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.MaxBytes = 2<<20 + 1000 // not a number of pages
	for _, tc := range []struct{ max, want int64 }{
		{2<<20 + 1000, 2 << 20}, {1 << 20, 2 << 20}, {4 << 20, 4 << 20}, {2 << 20, 4 << 20},
	} {
		cfg.MaxBytes = tc.max
		l := open(t, cfg)
		same(t, "size", tc.want, fileSize(l.path()))
		same(t, "groups at most", limitsOf(tc.want).groups, l.limits.groups)
		var info unix.Stat_t
		if err := unix.Stat(l.path(), &info); err != nil {
			t.Fatal(err)
		}
		if got := info.Blocks * 512; got < tc.want {
			t.Errorf("allocated: want %d bytes, got %d", tc.want, got)
		}
		put(t, l, numbered("shop", 0, int(tc.max>>10)))
		closeLedger(t, l)
	}
}

func TestNoDirectoryToWriteIn(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root writes everywhere; a read-only mount is tested in a namespace")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(testConfig(filepath.Join(file, "data")), quiet())
	if err == nil || !contains(err, "DATA_DIR") {
		t.Errorf("want an error that names DATA_DIR, got %v", err)
	}
}

func TestFullAndReadOnlyDisks(t *testing.T) { runChild(t, "disks", t.TempDir()) }

func init() {
	children["disks"] = func() int {
		dir := os.Getenv("DATA_DIR")
		for _, test := range []func(string) error{tooSmallDisk, fullDisk, readOnlyDisk, damagedOnFullDisk} {
			err := onSmallDisk(dir, test)
			switch {
			case errors.Is(err, errMount):
				fmt.Fprintln(os.Stderr, err)
				return exitSkip
			case err != nil:
				return childFailed("%v", err)
			}
		}
		return 0
	}
}

var errMount = errors.New("no small file system can be mounted")

// onSmallDisk mounts 3 MiB for one test.
func onSmallDisk(dir string, test func(string) error) (err error) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		return fmt.Errorf("%w: %w", errMount, err)
	}
	defer func() { err = errors.Join(err, unix.Unmount(dir, unix.MNT_DETACH)) }()
	return test(dir)
}

// fillUp takes the last free block.
func fillUp(dir string) (free func() error, err error) {
	name := filepath.Join(dir, "ballast")
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	block := make([]byte, pageSize)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		return nil, err
	}
	return func() error { return os.Remove(name) }, f.Close()
}

func tooSmallDisk(dir string) error {
	cfg := testConfig(dir)
	cfg.MaxBytes = 16 << 20
	for range 2 {
		_, err := Open(cfg, quiet())
		if !errors.Is(err, unix.ENOSPC) || !contains(err, "DATA_MAX_BYTES 16777216") {
			return fmt.Errorf("too small a disk: want an error that names what is wanted, got %v", err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
			return fmt.Errorf("too small a disk: left behind %v %v", files, err)
		}
	}
	// One that works already goes on with what it has.
	cfg.MaxBytes = 1 << 20
	for _, size := range []int64{1 << 20, 16 << 20} {
		cfg.MaxBytes = size
		l, err := Open(cfg, quiet())
		if err != nil {
			return fmt.Errorf("ledger that cannot grow: %w", err)
		}
		if got := fileSize(l.path()); got != 1<<20 {
			return fmt.Errorf("ledger that cannot grow: size %d", got)
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

func fullDisk(dir string) error {
	ctx := context.Background()
	l, err := Open(testConfig(dir), quiet())
	if err != nil {
		return err
	}
	free, err := fillUp(dir)
	if err != nil {
		return err
	}
	put := func(i int) error { return l.Put(ctx, []alert.Alert{numbered("shop", i%7, i)}) }
	n := 0
	for ; n < 200; n++ { // its own blocks are there
		if err := put(n); err != nil {
			return fmt.Errorf("put on a full disk: %w", err)
		}
	}
	// A file system that copies on write has no blocks put by. Take away what
	// is not in use.
	f, err := os.OpenFile(l.path(), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	used := l.Stats().UsedBytes
	if err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, used+64<<10, l.size-used-64<<10); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := free(); err != nil {
		return err
	}
	if free, err = fillUp(dir); err != nil {
		return err
	}
	var trouble error
	for ; trouble == nil && n < 100_000; n++ {
		trouble = put(n)
	}
	if !errors.Is(trouble, unix.ENOSPC) {
		return fmt.Errorf("put without blocks: want %v, got %v", unix.ENOSPC, trouble)
	}
	n-- // it was not taken
	if err := l.Writable(); !errors.Is(err, unix.ENOSPC) && err != nil {
		return fmt.Errorf("writable without blocks: %w", err)
	}
	if err := free(); err != nil {
		return err
	}
	if err := l.Writable(); err != nil { // nobody mends anything
		return fmt.Errorf("writable after there is room again: %w", err)
	}
	for ; n%1000 != 0; n++ {
		if err := put(n); err != nil {
			return fmt.Errorf("put after there is room again: %w", err)
		}
	}
	if got := l.Counts().Occurrences; got != int64(n) {
		return fmt.Errorf("occurrences: want %d, got %d", n, got)
	}
	if err := l.Close(); err != nil {
		return err
	}
	if err := Check(l.path()); err != nil {
		return err
	}
	if l, err = Open(testConfig(dir), quiet()); err != nil {
		return err
	}
	groups, err := l.Groups()
	var sum int64
	for _, g := range groups {
		sum += g.Total
	}
	if sum != int64(n) || err != nil {
		return fmt.Errorf("occurrences after a restart: want %d, got %d, error %w", n, sum, err)
	}
	return l.Close()
}

func readOnlyDisk(dir string) error {
	l, err := Open(testConfig(dir), quiet())
	if err != nil {
		return err
	}
	if err := l.Close(); err != nil {
		return err
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("remount: %w", err)
	}
	for range 2 {
		_, err = Open(testConfig(dir), quiet())
		if !errors.Is(err, unix.EROFS) || !contains(err, "DATA_DIR") {
			return fmt.Errorf("read-only disk: want an error that names DATA_DIR and why, got %v", err)
		}
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT, ""); err != nil {
		return fmt.Errorf("remount: %w", err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*damaged*")); len(names) > 0 {
		return fmt.Errorf("read-only disk: moved aside %v", names)
	}
	if l, err = Open(testConfig(dir), quiet()); err != nil {
		return err
	}
	return l.Close()
}

// damagedOnFullDisk finds no room for a new file beside the third damaged one.
func damagedOnFullDisk(dir string) error {
	cfg := testConfig(dir)
	for range 6 {
		l, err := Open(cfg, quiet())
		if err != nil {
			return fmt.Errorf("damaged on a full disk: %w", err)
		}
		if err := l.Close(); err != nil {
			return err
		}
		f, err := os.OpenFile(l.path(), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		if _, err := f.WriteAt(make([]byte, 2*pageSize), 0); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

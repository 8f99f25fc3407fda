package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// budget is what one program may weigh, in bytes: as it is, and compressed as
// it travels.
type budget struct{ binary, compressed int64 }

// bundleBudget is for all images of one architecture together.
const bundleBudget = 10e6

const mb = 1e6

// runSizes prints what binaries and bundles weigh and fails on any that is
// runSizes prints what binaries and bundles weigh and fails on any that is
// over its budget. Budgets are held on arm64, which this is made for; amd64's
// code is a tenth larger by itself.
func runSizes(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("sizes", flag.ContinueOnError)
	dist := fs.String("dist", "dist", "folder with bin/linux-ARCH/PROGRAM and bundles")
	if err := parse(fs, args); err != nil {
		return err
	}
	binaries, err := filepath.Glob(filepath.Join(*dist, "bin", "linux-*", "*"))
	if err != nil {
		return err
	}
	bundles, err := filepath.Glob(filepath.Join(*dist, "edgebell-images-*.tar.zst"))
	if err != nil {
		return err
	}
	if len(binaries) == 0 {
		return fmt.Errorf("no binaries in %s: run make images first", *dist)
	}
	sort.Strings(binaries)
	var errs []error
	if _, err := fmt.Fprintf(out, "%-44s %9s %9s\n", "file", "MB", "zstd MB"); err != nil {
		return err
	}
	for _, path := range binaries {
		errs = append(errs, checkProgram(path, out))
	}
	for _, path := range bundles {
		errs = append(errs, checkBundle(path, out))
	}
	return errors.Join(errs...)
}

func checkProgram(path string, out io.Writer) error {
	p, ok := programs[filepath.Base(path)]
	if !ok {
		return fmt.Errorf("%s: unknown program", path)
	}
	size, err := fileSize(path)
	if err != nil {
		return err
	}
	packed, err := zstdSize(path)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%-44s %9.2f %9.2f\n", path, float64(size)/mb, float64(packed)/mb); err != nil {
		return err
	}
	if !held(path) || p.budget == (budget{}) {
		return nil
	}
	return errors.Join(
		over(path, size, p.budget.binary),
		over(path+" (zstd -19)", packed, p.budget.compressed))
}

func checkBundle(path string, out io.Writer) error {
	size, err := fileSize(path)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%-44s %9s %9.2f\n", path, "", float64(size)/mb); err != nil {
		return err
	}
	return over(path, size, bundleBudget)
}

func held(path string) bool { return strings.Contains(path, "linux-arm64") }

func over(what string, size, limit int64) error {
	if size <= limit {
		return nil
	}
	return fmt.Errorf("%s: %.2f MB is over its budget of %.2f MB", what, float64(size)/mb, float64(limit)/mb)
}

func fileSize(path string) (int64, error) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

func zstdSize(path string) (int64, error) {
	var n counter
	cmd := exec.Command("zstd", "-19", "-q", "-c", path)
	cmd.Stdout, cmd.Stderr = &n, os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("compress %s with zstd: %w", path, err)
	}
	return int64(n), nil
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

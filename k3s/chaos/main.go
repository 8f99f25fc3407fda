// Command chaos runs the fault matrix: real processes and a strict stand-in
// bot, one fault per row, and a table of what went in and what the cards told.
// It uses loopback only, kills only what it started, and exits with 1 when a
// row breaks its promise or could not be run.
//
// Begin with: make chaos
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

type options struct {
	bin    string
	rows   string
	rounds int
	seed   uint64
	keep   bool
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", ".cache/bin", "`folder` of notify, event-source, audit-webhook and controlplane")
	flag.StringVar(&o.rows, "rows", "", "`names` of the rows to run, separated by commas; empty: all")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds of kill-notify; the others follow in proportion; 0: 500")
	flag.Uint64Var(&o.seed, "seed", 0, "seed of all that is random; 0: a new one")
	flag.BoolVar(&o.keep, "keep", false, "keep the data folders")
	flag.Parse()
	if o.seed == 0 {
		o.seed = rand.Uint64N(1<<32) + 1
	}
	if o.rounds == 0 {
		o.rounds = usualRounds
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := inside(ctx, func() (int, error) { return chaos(ctx, o) })
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	os.Exit(code)
}

var errUsage = errors.New("bad argument")

// chaos runs the rows and says with which code to exit.
func chaos(ctx context.Context, o options) (code int, err error) {
	rows, err := choose(o.rows)
	if err != nil {
		return 2, err
	}
	if o.rounds < 1 {
		return 2, fmt.Errorf("%w: -rounds %d: must be at least 1", errUsage, o.rounds)
	}
	dir, err := os.MkdirTemp("", "edgebell-chaos-")
	if err != nil {
		return 1, fmt.Errorf("make a folder: %w", err)
	}
	if !o.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if err := copyPrograms(o.bin, dir, rows); err != nil {
		return 1, err
	}
	fmt.Printf("seed %d (repeat with CHAOS_SEED=%d), %d rounds, in %s\n", o.seed, o.seed, o.rounds, dir)
	began := time.Now()
	results := runAll(ctx, o, rows, dir)
	if err := table(os.Stdout, results); err != nil {
		return 1, err
	}
	broken := 0
	for _, r := range results {
		if !r.kept() {
			broken++
		}
	}
	fmt.Printf("seed %d: %d rows in %s, %d not kept\n", o.seed, len(results), time.Since(began).Round(time.Second), broken)
	return min(broken, 1), nil
}

// choose picks rows by their names.
func choose(names string) ([]row, error) {
	if strings.TrimSpace(names) == "" {
		return rows, nil
	}
	var out []row
	for name := range strings.SplitSeq(names, ",") {
		i := indexOf(strings.TrimSpace(name))
		if i < 0 {
			return nil, fmt.Errorf("%w: there is no row %q: must be of %s", errUsage, name, strings.Join(rowNames(), ", "))
		}
		out = append(out, rows[i])
	}
	return out, nil
}

// copyPrograms keeps a build that happens meanwhile from changing what is
// tested.
func copyPrograms(from, to string, rows []row) error {
	names := []string{"notify", "event-source", "audit-webhook"}
	for _, r := range rows {
		if r.lane.cluster {
			names = append(names, "controlplane")
			break
		}
	}
	for _, name := range names {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return fmt.Errorf("copy %s (make chaos builds it): %w", name, err)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

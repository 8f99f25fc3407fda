// Command bench measures what Edgebell costs: memory, CPU, bytes on the wire
// and on the disk, throughput and latency of the real programs, beside the
// smallest programs that could do each job. It prints a table and writes JSON.
// It changes nothing outside its own folder and listens on loopback only.
//
// Begin with: make bench (or make bench BENCH=full).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := realMain(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options is the command line.
type options struct {
	bin, dir, out, only, controlplane, cgroup string
	env                                       []string
	seconds, idleSeconds, samples, rounds     int
	sizes                                     bool
	recordings                                []string
}

func parse(args []string) (options, error) {
	var o options
	var recordings, env string
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.StringVar(&o.bin, "bin", ".cache/bench/bin", "folder of the programs to measure")
	fs.StringVar(&o.dir, "dir", ".cache/bench", "folder to work in; its disk is the one that is measured")
	fs.StringVar(&o.out, "out", ".cache/bench.json", "file to write the figures to")
	fs.StringVar(&o.only, "only", "", "regular expression: stages to run")
	fs.StringVar(&o.controlplane, "controlplane", ".cache/bin/controlplane", "control plane to measure latency with; skipped when it is not there")
	fs.StringVar(&o.cgroup, "cgroup", "", "cgroup folder with the memory controller, version 2 or 1, in which groups may be made")
	fs.StringVar(&env, "env", "", "more environment for the two programs, by comma, such as GOGC=50,GOMEMLIMIT=20MiB")
	fs.IntVar(&o.seconds, "seconds", 15, "length of the storm")
	fs.IntVar(&o.idleSeconds, "idle", 30, "length of the idle measurement, in seconds")
	fs.IntVar(&o.samples, "samples", 15, "cards of the latency measurement")
	fs.IntVar(&o.rounds, "rounds", 1, "rounds of the comparison of the ways in")
	fs.BoolVar(&o.sizes, "sizes", true, "build for arm64 and amd64 and measure sizes")
	fs.StringVar(&recordings, "events", "adapters/kubeevent/testdata/quota-storm.json,adapters/kubeevent/testdata/kubelet-events.json", "recorded Events to make others of")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.recordings = strings.Split(recordings, ",")
	if env != "" {
		o.env = strings.Split(env, ",")
	}
	switch {
	case fs.NArg() > 0:
		return o, fmt.Errorf("argument %q is not taken", fs.Arg(0))
	case o.seconds < 1 || o.idleSeconds < 1 || o.samples < 1 || o.rounds < 1:
		return o, errors.New("-seconds, -idle, -samples and -rounds: must be at least 1")
	}
	return o, nil
}

// bench is one run.
type bench struct {
	ctx    context.Context
	opts   options
	events *maker
	result *Result
}

// stage measures one thing with processes of its own.
type stage struct {
	name string
	run  func(*bench) error
}

var stages = []stage{
	{"baseline", (*bench).baselines},
	{"idle", (*bench).idle},
	{"cluster", (*bench).clusters},
	{"storm", (*bench).storm},
	{"burst", (*bench).burst},
	{"outage", (*bench).outage},
	{"intake", (*bench).intake},
	{"disk", (*bench).disk},
	{"wire", (*bench).wire},
	{"latency", (*bench).latency},
	{"entry", (*bench).entries},
	{"entry limit", (*bench).entryLimit},
	{"growth", (*bench).growth},
	{"sizes", (*bench).sizes},
	{"hub", (*bench).hub},
}

func realMain(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	events, err := newMaker(o.recordings)
	if err != nil {
		return err
	}
	b := &bench{ctx: ctx, opts: o, events: events, result: newResult(o)}
	failed := b.stages(only)
	b.ratios()
	fresh := *b.result
	if err := b.result.write(o.out); err != nil {
		return err
	}
	fresh.print(os.Stdout)
	return failed
}

// stages runs those whose name matches. The first that fails is the last; what
// was measured before it is kept.
func (b *bench) stages(only *regexp.Regexp) error {
	for _, s := range stages {
		if !only.MatchString(s.name) {
			continue
		}
		began := time.Now()
		if err := s.run(b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Fprintf(os.Stderr, "%-11s %s\n", s.name, time.Since(began).Round(time.Second))
	}
	return nil
}

// Command notify is the function: it keeps the Warnings that come as
// CloudEvents at POST / and tells them on its routes, in a Feishu group to
// begin with. See the README for its environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	_ "time/tzdata" // the image has no time zones of its own

	"github.com/edgebell/edgebell/cmd/internal/run"
	"github.com/edgebell/edgebell/functions/ledger"
)

const usage = `usage: notify [--check | --explain]

  without arguments   takes CloudEvents at POST / and tells them on its routes
  --check             sends one test message on every route and says what came of it
  --explain           says what would become of the Events on standard input`

func main() {
	run.Help(usage)
	switch args := os.Args[1:]; {
	case len(args) == 0:
		run.Main("notify", realMain)
	case len(args) == 2 && args[0] == checkCommand:
		os.Exit(checkLedger(args[1]))
	case len(args) == 1 && strings.TrimLeft(args[0], "-") == "check":
		run.Main("notify", checkRoutes)
	case len(args) == 1 && strings.TrimLeft(args[0], "-") == "explain":
		run.Main("notify", explain)
	}
	fmt.Fprintf(os.Stderr, "notify: arguments %q: must be none, --help, --check, or --explain with an Event on standard input\n", os.Args[1:])
	os.Exit(2)
}

func realMain(ctx context.Context) error {
	var cfg config
	if err := run.Config(ctx, &cfg); err != nil {
		return err
	}
	log := cfg.Log.Setup("notify")
	if err := cfg.Profiles.Serve(ctx); err != nil {
		return err
	}
	l, err := ledger.Open(cfg.Notify.Ledger, ledger.WithLogger(log), ledger.WithCheck(checkInChild), ledger.WithRoutes(cfg.Channels.Names()...))
	if err != nil {
		return err
	}
	f, err := function(&cfg, l, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}

	// Both ways end together: what was taken is on disk, so the way out need
	// not wait for it.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var out sync.WaitGroup
	out.Go(func() { f.Run(ctx) })
	err = run.Serve(ctx, cfg.Notify.ListenAddress, cfg.Notify.MaxConnections, f.Handler())
	stop()
	out.Wait()
	return errors.Join(err, l.Close())
}

// Command audit-webhook takes what a kube-apiserver's audit webhook posts and
// hands the Events in it as CloudEvents to K_SINK. Its subcommands prepare a
// K3S server for it. See the README for its environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/edgebell/edgebell/adapters/auditwebhook"
	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/adapters/sink"
	"github.com/edgebell/edgebell/adapters/status"
	"github.com/edgebell/edgebell/cmd/internal/run"
)

type config struct {
	Audit auditwebhook.Config
	Sink  sink.Config
	Log   run.Log

	Profiles run.Profiles
}

// Validate names every variable that is wrong.
func (c *config) Validate() error {
	return errors.Join(c.Audit.Validate(), c.Sink.Validate(), c.Log.Validate(), c.Profiles.Validate())
}

func main() {
	if len(os.Args) > 1 {
		os.Exit(prepare(os.Args[1:], os.Stdout, os.Stderr))
	}
	run.Main("audit-webhook", realMain)
}

func realMain(ctx context.Context) error {
	var cfg config
	if err := run.Config(ctx, &cfg); err != nil {
		return err
	}
	log := cfg.Log.Setup("audit-webhook")
	if err := cfg.Profiles.Serve(ctx); err != nil {
		return err
	}
	client, err := sink.New(cfg.Sink, sink.WithLogger(log), sink.WithUncounted(wire.TypeStatus))
	if err != nil {
		return fmt.Errorf("prepare sink: %w", err)
	}
	hook, err := auditwebhook.New(cfg.Audit, client, log)
	if err != nil {
		return fmt.Errorf("prepare webhook: %w", err)
	}
	tlsConfig, err := cfg.Audit.TLS(log)
	if err != nil {
		return err
	}
	now := func() wire.Status {
		s, sent := hook.Status(), client.Stats()
		s.Accepted, s.Refused = sent.Accepted, sent.Refused
		return s
	}
	reporter := status.New(cfg.Audit.Cluster, wire.OriginAudit, time.Minute, now, client, log)

	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var rest sync.WaitGroup
	rest.Go(func() { hook.Run(working) })
	rest.Go(func() { reporter.Run(working) })
	err = serve(ctx, cfg.Audit.ListenAddress, tlsConfig, hook.Handler())
	stop()
	rest.Wait()
	return err
}

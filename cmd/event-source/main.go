// Command event-source lists and watches the Events of a Kubernetes API server
// and posts them as CloudEvents to K_SINK. See the README for its environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/adapters/sink"
	"github.com/edgebell/edgebell/adapters/status"
	"github.com/edgebell/edgebell/cmd/internal/run"
)

type config struct {
	Cluster       string `env:"CLUSTER_NAME, default=kubernetes"`
	ListenAddress string `env:"LISTEN_ADDRESS, default=:8081"`
	Source        apiserver.Config
	Sink          sink.Config
	Log           run.Log
	Profiles      run.Profiles
}

// Validate names every variable that is wrong.
func (c *config) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(c.ListenAddress); err != nil {
		errs = append(errs, fmt.Errorf("LISTEN_ADDRESS %q: must be host:port or :port", c.ListenAddress))
	}
	return errors.Join(append(errs, c.Source.Validate(), c.Sink.Validate(), c.Log.Validate(), c.Profiles.Validate())...)
}

func main() {
	run.Help("usage: event-source\n\nReads the Events of a Kubernetes API server and posts them as CloudEvents to K_SINK.")
	run.NoArguments("event-source")
	run.Main("event-source", realMain)
}

func realMain(ctx context.Context) error {
	run.Serial()
	var cfg config
	if err := run.Config(ctx, &cfg); err != nil {
		return err
	}
	log := cfg.Log.Setup("event-source")
	if err := cfg.Profiles.Serve(ctx); err != nil {
		return err
	}
	client, err := sink.New(cfg.Sink, sink.WithLogger(log), sink.WithUncounted(wire.TypeStatus))
	if err != nil {
		return fmt.Errorf("prepare sink: %w", err)
	}
	source, err := apiserver.New(cfg.Source, cfg.Cluster, cfg.Sink.Batch, client, log)
	if err != nil {
		return fmt.Errorf("prepare source: %w", err)
	}
	p := &pages{source: source, client: client}
	reporter := status.New(cfg.Cluster, wire.OriginWatch, status.DefaultInterval, p.report, client, log)

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var rest sync.WaitGroup
	var readErr error
	rest.Go(func() { reporter.Run(ctx) })
	rest.Go(func() {
		readErr = source.Run(ctx)
		stop()
	})
	err = run.Serve(ctx, cfg.ListenAddress, 0, p.handler())
	stop()
	rest.Wait()
	if errors.Is(readErr, context.Canceled) {
		readErr = nil // it was asked to stop
	}
	return errors.Join(err, readErr)
}

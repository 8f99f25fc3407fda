// Command event-source lists and watches the Events of a Kubernetes API server
// and posts them as CloudEvents to K_SINK. See the README for its environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/kubeevent"
	"github.com/edgebell/edgebell/adapters/sink"
	"github.com/edgebell/edgebell/cmd/internal/run"
)

type config struct {
	Cluster       string `env:"CLUSTER_NAME, default=kubernetes"`
	ListenAddress string `env:"LISTEN_ADDRESS, default=:8081"`
	Source        apiserver.Config
	Sink          sink.Config
	Log           run.Log
}

// Validate names every variable that is wrong.
func (c *config) Validate() error {
	return errors.Join(c.Source.Validate(), c.Sink.Validate(), c.Log.Validate())
}

func main() { run.Main("event-source", realMain) }

func realMain(ctx context.Context) error {
	var cfg config
	if err := run.Config(ctx, &cfg); err != nil {
		return err
	}
	log := cfg.Log.Setup("event-source")
	client, err := sink.New(cfg.Sink, sink.WithLogger(log), sink.WithUncounted(kubeevent.TypeStatus))
	if err != nil {
		return fmt.Errorf("prepare sink: %w", err)
	}
	source, err := apiserver.New(cfg.Source, cfg.Cluster, cfg.Sink.Batch, client, log)
	if err != nil {
		return fmt.Errorf("prepare source: %w", err)
	}
	_ = sync.WaitGroup{}
	return source.Run(ctx)
}

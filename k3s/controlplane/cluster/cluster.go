// Package cluster runs a control plane on loopback as child processes of this
// binary: kine, the API server, the controller manager and the scheduler, with
// certificates of its own making. It refuses other addresses than 127.0.0.1
// and a second cluster in the same folder. Begin with Main.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
)

// Main runs a cluster by the flags of up until ctx is done.
func Main(ctx context.Context, args []string) error {
	options, err := ParseOptions(args, os.Stderr)
	if err != nil {
		return err
	}
	return Run(ctx, options, os.Stdout)
}

// Run starts a cluster, writes KUBECONFIG=PATH to out when everything is ready,
// and stops it all when ctx is done. SIGHUP restarts the API server.
func Run(ctx context.Context, o Options, out io.Writer) error {
	unlock, err := lockDir(o.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)

	c, err := prepare(o)
	if err != nil {
		return err
	}
	defer c.end()
	began := time.Now()
	if err := c.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before it was ready: no error
		}
		return err
	}
	slog.Info("cluster is ready", "server", c.server(), "after", time.Since(began).Round(time.Millisecond))
	if _, err := fmt.Fprintf(out, "KUBECONFIG=%s\n", filepath.Join(o.Dir, adminKubeconfig)); err != nil {
		return fmt.Errorf("print kubeconfig: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangup:
			slog.Info("restarting the API server")
			c.apiserver.again()
		}
	}
}

type running struct {
	options   Options
	probe     *probe
	ports     map[string]*reservation
	settled   atomic.Bool
	apiserver *child
	children  []*child // in the order of their start
}

// prepare does all that needs no process: ports, certificates, kubeconfigs.
func prepare(o Options) (*running, error) {
	c := &running{options: o, ports: map[string]*reservation{}}
	for name, port := range map[string]int{apiserverName: o.Port, controllerManager: 0, scheduler: 0} {
		reserved, err := reserve(port)
		if err != nil {
			c.end()
			return nil, err
		}
		c.ports[name] = reserved
	}
	err := writeFiles(o.Dir, c.server())
	if err == nil {
		c.probe, err = newProbe(o.Dir)
	}
	if err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

func (c *running) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.ReadyTimeout,
		fmt.Errorf("not ready after %s (see the logs in %s)", c.options.ReadyTimeout, c.options.Dir))
	defer cancel()
	if err := c.startStore(ctx); err != nil {
		return err
	}
	if err := c.startControllers(ctx); err != nil {
		return err
	}
	c.settled.Store(true)
	return nil
}

func (c *running) startStore(ctx context.Context) error {
	store := c.spawn(kineName, kineArgs(c.options))
	err := c.probe.socket(ctx, filepath.Join(c.options.Dir, kineSocket), store.done)
	if err != nil {
		return because(err, store)
	}
	c.apiserver = c.spawn(apiserverName, apiserverArgs(c.options, c.ports[apiserverName].port))
	return because(c.probe.ok(ctx, c.server()+"/readyz", c.apiserver.done), c.apiserver)
}

func (c *running) startControllers(ctx context.Context) error {
	if c.options.runs(controllerManager) {
		port := c.ports[controllerManager].port
		manager := c.spawn(controllerManager, controllerManagerArgs(c.options, port))
		if err := c.probe.ok(ctx, fmt.Sprintf("https://127.0.0.1:%d/healthz", port), manager.done); err != nil {
			return because(err, manager)
		}
		// It is healthy before its controllers work; this is the first trace of one.
		account := c.server() + "/api/v1/namespaces/default/serviceaccounts/default"
		if err := c.probe.ok(ctx, account, manager.done); err != nil {
			return because(err, manager)
		}
	}
	if c.options.runs(scheduler) {
		port := c.ports[scheduler].port
		s := c.spawn(scheduler, schedulerArgs(c.options, port))
		return because(c.probe.ok(ctx, fmt.Sprintf("https://127.0.0.1:%d/readyz", port), s.done), s)
	}
	return nil
}

func (c *running) spawn(name string, args []string) *child {
	started := startChild(&child{name: name, dir: c.options.Dir, args: args, settled: &c.settled})
	c.children = append(c.children, started)
	return started
}

// end stops the children, the last first, so that each finds the one it needs
// to the end.
func (c *running) end() {
	for _, one := range slices.Backward(c.children) {
		one.end()
	}
	for _, reserved := range c.ports {
		reserved.release()
	}
}

func (c *running) server() string {
	return fmt.Sprintf("https://127.0.0.1:%d", c.ports[apiserverName].port)
}

// because says what is behind err: the child that gave up knows best.
func because(err error, who *child) error {
	if errors.Is(err, errBroken) {
		return who.err
	}
	if err != nil {
		return fmt.Errorf("wait for %s: %w", who.name, err)
	}
	return nil
}

// Package kine serves the etcd API on a unix socket from one SQLite file, with
// the same packages as K3S. It knows SQLite only: kine's other datastores would
// cost dozens of megabytes and are never used here. Begin with Main.
package kine

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/k3s-io/kine/pkg/drivers"
	"github.com/k3s-io/kine/pkg/drivers/sqlite"
	"github.com/k3s-io/kine/pkg/server"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

const (
	// kine has defaults for its command line only; a library user brings all of
	// them. These are the ones of its command line and of K3S.
	compactTimeout = 5 * time.Second
	pollBatchSize  = 500
	pollInterval   = time.Second
	etcdVersion    = "3.6.4" // what it claims to be; from 3.4.25 on the API server trusts its watch progress

	dsnParameters = "_journal=WAL&cache=shared&_busy_timeout=30000&_txlock=immediate"

	// etcd's own request limit and its room for the envelope.
	maxRequestBytes = 1536*1024 + 512*1024
	maxSendBytes    = 1<<31 - 1

	stopTimeout = 2 * time.Second
)

type config struct {
	socket           string
	database         string
	compactInterval  time.Duration
	compactMinRetain int64
	compactBatchSize int64
	notifyInterval   time.Duration
}

func parse(args []string) (config, error) {
	var c config
	fs := flag.NewFlagSet("kine", flag.ContinueOnError)
	fs.StringVar(&c.socket, "socket", "kine.sock", "unix socket to serve on")
	fs.StringVar(&c.database, "database", "db/state.db", "SQLite file")
	fs.DurationVar(&c.compactInterval, "compact-interval", 5*time.Minute, "time between compactions; what one finds new, the next removes; 0 turns them off")
	fs.Int64Var(&c.compactMinRetain, "compact-min-retain", 1000, "newest revisions that a compaction keeps")
	fs.Int64Var(&c.compactBatchSize, "compact-batch-size", 1000, "revisions per compaction transaction, at least 100")
	fs.DurationVar(&c.notifyInterval, "notify-interval", 5*time.Second, "time between progress notes on a watch")
	if err := fs.Parse(args); err != nil {
		return config{}, err
	}
	return c, nil
}

// Main serves until ctx is done.
func Main(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return fmt.Errorf("parse flags: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(c.database), 0o700); err != nil {
		return fmt.Errorf("make database folder: %w", err)
	}
	return serve(ctx, c)
}

func serve(ctx context.Context, c config) error {
	// The backend outlives the server: requests under way at the end need it.
	backendContext, stopBackend := context.WithCancel(context.Background())
	var background sync.WaitGroup
	defer background.Wait()
	defer stopBackend()

	backend, err := open(backendContext, &background, c)
	if err != nil {
		return err
	}
	listener, err := listen(c.socket)
	if err != nil {
		return err
	}
	s := newServer(backend, c.notifyInterval)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		hurry := time.AfterFunc(stopTimeout, s.Stop)
		defer hurry.Stop()
		s.GracefulStop()
	}()
	if err := s.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve %s: %w", c.socket, err)
	}
	<-stopped
	return nil
}

func open(ctx context.Context, background *sync.WaitGroup, c config) (server.Backend, error) {
	_, backend, err := sqlite.New(ctx, background, &drivers.Config{
		DataSourceName:   c.database + "?" + dsnParameters,
		CompactInterval:  c.compactInterval,
		CompactTimeout:   compactTimeout,
		CompactMinRetain: c.compactMinRetain,
		CompactBatchSize: c.compactBatchSize,
		PollBatchSize:    pollBatchSize,
		PollInterval:     pollInterval,
	})
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", c.database, err)
	}
	if err := backend.Start(ctx); err != nil {
		return nil, fmt.Errorf("start backend: %w", err)
	}
	return backend, nil
}

func listen(socket string) (net.Listener, error) {
	// A killed server leaves its socket behind; up holds the folder's lock, so
	// nobody serves on it.
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove stale socket: %w", err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", socket, err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("restrict socket: %w", err), listener.Close())
	}
	return listener, nil
}

func newServer(backend server.Backend, notifyInterval time.Duration) *grpc.Server {
	s := grpc.NewServer(
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 2 * time.Hour, Timeout: 20 * time.Second}),
		grpc.MaxRecvMsgSize(maxRequestBytes),
		grpc.MaxSendMsgSize(maxSendBytes),
	)
	server.New(backend, "unix", notifyInterval, etcdVersion).Register(s)
	return s
}

// Command controlplane is a real Kubernetes control plane in one binary: the
// kube-apiserver, kube-controller-manager and kube-scheduler of
// k8s.io/kubernetes, with kine on SQLite as the datastore, as in K3S. It
// listens on loopback only and is made for tests; it refuses to be anything
// else. Begin with: controlplane up --dir DIR
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // CronJobs name time zones, and a test machine may have none.

	"github.com/edgebell/edgebell/k3s/controlplane/cluster"
	"github.com/edgebell/edgebell/k3s/controlplane/hollow"
	"github.com/edgebell/edgebell/k3s/controlplane/kine"
)

const usage = `usage: controlplane COMMAND [flags]

  up           run a cluster in the foreground; prints KUBECONFIG=PATH when it is ready
  hollow-node  run a real kubelet without containers as a node of a running cluster

up starts these as its children; each takes the flags of its namesake:

  kine  apiserver  kcm  scheduler
`

func main() {
	if err := realMain(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

func realMain(args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	command, args := args[0], args[1:]
	switch command {
	case "apiserver", "kcm", "scheduler":
		os.Exit(runComponent(command, args))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch command {
	case "up":
		return cluster.Main(ctx, args)
	case "kine":
		return kine.Main(ctx, args)
	case "hollow-node":
		return hollow.Main(ctx, args)
	default:
		fmt.Fprint(os.Stderr, usage)
		return fmt.Errorf("unknown command %q", command)
	}
}

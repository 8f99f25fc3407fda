// Package hollow runs the real kubelet of k8s.io/kubernetes as a node that has
// no containers: its container runtime is a stand-in that does what a Pod's
// annotations say (see Runtime), so the kubelet's own Events can be had without
// root and without a machine's help. It listens nowhere, and probes reach
// loopback only. It follows k8s.io/kubernetes/pkg/kubemark, but probes for real
// and sends its Events. Begin with Main.
package hollow

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/edgebell/edgebell/k3s/controlplane/cluster"
	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
)

// Main runs a node until ctx is done.
func Main(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("controlplane hollow-node", flag.ContinueOnError)
	dir := fs.String("dir", "", "folder of a running cluster, the --dir of up (required)")
	name := fs.String("name", "hollow-node", "name of the node")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		return fmt.Errorf("--dir is required: the folder of a running cluster")
	}
	return Run(ctx, *dir, *name)
}

// Run joins the cluster in dir as node name, with a certificate of that node,
// so the Node authorizer and NodeRestriction bind it. When ctx is done it
// leaves without a word, as a node that lost its power does.
func Run(ctx context.Context, dir, name string) error {
	root, err := filepath.Abs(filepath.Join(dir, "node-"+name))
	if err != nil {
		return fmt.Errorf("make node folder absolute: %w", err)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return fmt.Errorf("make node folder: %w", err)
	}
	kubeconfig, err := cluster.WriteNodeKubeconfig(dir, name)
	if err != nil {
		return err
	}
	flags, config, err := settings(root, name)
	if err != nil {
		return err
	}
	dependencies, err := dependencies(kubeconfig, name)
	if err != nil {
		return err
	}
	server := &options.KubeletServer{KubeletFlags: *flags, KubeletConfiguration: *config}
	if err := kubeletapp.RunKubelet(ctx, server, dependencies); err != nil {
		return fmt.Errorf("run kubelet: %w", err)
	}
	slog.Info("node is up", "name", name)
	<-ctx.Done()
	return nil
}

package main

import (
	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics, as upstream's binaries have them
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// runComponent runs one of upstream's own mains with args and returns its exit
// code. Each registers global flags and feature gates when it is made, so only
// the one that was asked for may be made in a process.
func runComponent(name string, args []string) int {
	commands := map[string]func() *cobra.Command{
		"apiserver": apiserver.NewAPIServerCommand,
		"kcm":       kcm.NewControllerManagerCommand,
		"scheduler": func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	}
	command := commands[name]()
	command.SetArgs(args)
	return cli.Run(command)
}

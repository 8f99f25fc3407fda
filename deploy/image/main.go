// Command image turns finished binaries into container images and checks what
// came out. It is called by deploy.mk; see -h of each subcommand.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// prefix is where the images live in public; the manifests name them so.
const prefix = "ghcr.io/edgebell"

type program struct {
	port   int
	title  string
	budget budget // without one, a program's size is only told
}

// programs are the images that there are.
var programs = map[string]program{
	"event-source":  {8081, "Edgebell: watches Kubernetes Events and posts them as CloudEvents", budget{17e6, 5e6}},
	"notify":        {8080, "Edgebell: keeps CloudEvents and tells them in a Feishu group", budget{12e6, 4e6}},
	"audit-webhook": {8082, "Edgebell: takes the API server's audit entries and posts them as CloudEvents", budget{12e6, 4e6}},

	"notify-shoutrrr": {8080, "Edgebell: notify with the channels of shoutrrr", budget{}},
}

var commands = map[string]func(args []string, out io.Writer) error{
	"build":  runBuild,
	"push":   runPush,
	"bundle": runBundle,
	"rootfs": runRootfs,
	"base":   runBase,
	"sizes":  runSizes,
}

const usage = `usage: image COMMAND [flags] [files]

  build   binaries -> OCI archives (index of all architectures) and SBOMs
  push    OCI archives -> a registry
  bundle  OCI archives -> one archive of one architecture, uncompressed
  rootfs  OCI archive -> the root file system of one architecture
  base    the files that every image holds beside its program, into a folder
  sizes   check binaries and bundles against their budgets
`

func main() {
	if err := realMain(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func realMain(args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("no command\n%s", usage)
	}
	run, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("unknown command %q\n%s", args[0], usage)
	}
	if err := run(args[1:], out); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}

// parse reads flags and refuses those in required that were left empty.
func parse(fs *flag.FlagSet, args []string, required ...string) error {
	if err := fs.Parse(args); err != nil {
		return err
	}
	for _, name := range required {
		if strings.TrimSpace(fs.Lookup(name).Value.String()) == "" {
			return fmt.Errorf("-%s: must not be empty (%s)", name, fs.Lookup(name).Usage)
		}
	}
	return nil
}

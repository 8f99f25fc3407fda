package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/edgebell/edgebell/k3s/auditpolicy"
	"github.com/edgebell/edgebell/k3s/serverconfig"
)

const usage = `usage: audit-webhook [COMMAND FLAGS]

  without a command   takes audit entries, set up by its environment
  merge-policy        put the first rule of --rule in front of the audit policy --policy, write --out
  unmerge-policy      take that rule out again
  k3s-policy          print the audit policy that a K3S server has in effect, if any
  k3s-check           say whether a K3S server would start with what is in place
`

// The names of the installer's own files on a server.
const (
	dropInName     = "50-edgebell.yaml"
	kubeconfigPath = serverconfig.Dir + "/edgebell/webhook.kubeconfig"
)

// prepare runs a subcommand and returns the exit code.
func prepare(args []string, out, errs io.Writer) int {
	commands := map[string]func([]string, io.Writer) error{
		"merge-policy":   mergePolicy,
		"unmerge-policy": unmergePolicy,
		"k3s-policy":     k3sPolicy,
		"k3s-check":      k3sCheck,
	}
	run := commands[args[0]]
	if run == nil {
		_, _ = fmt.Fprint(errs, usage)
		if args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
			return 0
		}
		_, _ = fmt.Fprintf(errs, "audit-webhook: unknown command %q\n", args[0])
		return 2
	}
	err := run(args[1:], out)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, new(usageError)):
		_, _ = fmt.Fprintf(errs, "audit-webhook: %v\n", err)
		return 2
	}
	_, _ = fmt.Fprintf(errs, "audit-webhook: %v\n", err)
	return 1
}

type usageError struct{ error }

// parse reads flags that are all paths; those of required must be set.
func parse(name string, args []string, paths map[string]*string, required ...string) error {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	for flagName, value := range paths {
		fs.StringVar(value, flagName, "", "path")
	}
	if err := fs.Parse(args); err != nil {
		return usageError{fmt.Errorf("%s: %w", name, err)}
	}
	if fs.NArg() > 0 {
		return usageError{fmt.Errorf("%s: unexpected argument %q", name, fs.Arg(0))}
	}
	for _, flagName := range required {
		if *paths[flagName] == "" {
			return usageError{fmt.Errorf("%s: --%s must be set", name, flagName)}
		}
	}
	return nil
}

func mergePolicy(args []string, out io.Writer) error {
	return changePolicy("merge-policy", args, out)
}

func unmergePolicy(args []string, out io.Writer) error {
	return changePolicy("unmerge-policy", args, out)
}

func changePolicy(name string, args []string, out io.Writer) error {
	var policy, ruleFile, target string
	err := parse(name, args, map[string]*string{"policy": &policy, "rule": &ruleFile, "out": &target}, "policy", "rule", "out")
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(policy)
	if err != nil {
		return fmt.Errorf("read policy: %w", err)
	}
	ruleRaw, err := os.ReadFile(ruleFile)
	if err != nil {
		return fmt.Errorf("read rule: %w", err)
	}
	rule, err := auditpolicy.Rule(ruleRaw)
	if err != nil {
		return fmt.Errorf("rule %s: %w", ruleFile, err)
	}
	change := auditpolicy.Merge
	if name == "unmerge-policy" {
		change = auditpolicy.Unmerge
	}
	changed, err := change(raw, rule)
	if err != nil {
		return fmt.Errorf("audit policy %s: %w", policy, err)
	}
	wrote, err := replaceFile(target, policy, changed)
	if err == nil && !wrote {
		_, err = fmt.Fprintf(out, "%s is as it should be\n", target)
	}
	return err
}

func k3sPolicy(args []string, out io.Writer) error {
	var root string
	if err := parse("k3s-policy", args, map[string]*string{"root": &root}); err != nil {
		return err
	}
	found, err := serverconfig.Read(root, dropInName, "")
	if err != nil {
		return err
	}
	if other := found.Webhook(); other != "" && other != kubeconfigPath {
		return fmt.Errorf("another audit webhook is set up (%s), and an API server can have but one", other)
	}
	if name := found.Policy(); name != "" {
		_, err = fmt.Fprintln(out, name)
	}
	return err
}

func k3sCheck(args []string, _ io.Writer) error {
	var root, stage, dropIn, ruleFile string
	err := parse("k3s-check", args, map[string]*string{"root": &root, "stage": &stage, "drop-in": &dropIn, "rule": &ruleFile}, "drop-in", "rule")
	if err != nil {
		return err
	}
	ruleRaw, err := os.ReadFile(ruleFile)
	if err != nil {
		return fmt.Errorf("read rule: %w", err)
	}
	rule, err := auditpolicy.Rule(ruleRaw)
	if err != nil {
		return fmt.Errorf("rule %s: %w", ruleFile, err)
	}
	found, err := serverconfig.Read(root, dropInName, dropIn)
	if err != nil {
		return err
	}
	return serverconfig.Files{Root: root, Stage: stage}.Check(found, kubeconfigPath, rule)
}

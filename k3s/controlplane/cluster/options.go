package cluster

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options is what the command line of up says.
type Options struct {
	Dir  string
	Port int

	EventTTL         time.Duration
	AuditPolicyFile  string
	AuditWebhookFile string
	APIServerArgs    []string
	KCMArgs          []string
	SchedulerArgs    []string
	Without          []string
	CompactInterval  time.Duration
	CompactMinRetain int64
	CompactBatchSize int64
	KineNotifyEvery  time.Duration
	ReadyTimeout     time.Duration
}

// ParseOptions reads the flags of up and checks them.
func ParseOptions(args []string, output io.Writer) (Options, error) {
	var o Options
	fs := flag.NewFlagSet("controlplane up", flag.ContinueOnError)
	fs.SetOutput(output)
	fs.StringVar(&o.Dir, "dir", "", "folder of everything: certificates, database, logs, pid files, kubeconfigs (required)")
	fs.IntVar(&o.Port, "port", 0, "port of the API server on 127.0.0.1; 0 takes a free one")
	fs.DurationVar(&o.EventTTL, "event-ttl", time.Hour, "how long the API server keeps Events")
	fs.StringVar(&o.AuditPolicyFile, "audit-policy-file", "", "audit policy of the API server")
	fs.StringVar(&o.AuditWebhookFile, "audit-webhook-config-file", "", "kubeconfig of the audit webhook")
	list(fs, &o.APIServerArgs, "apiserver-arg", "more flags for the kube-apiserver, as key=value, after ours (repeatable); relative paths start at DIR")
	list(fs, &o.KCMArgs, "controller-manager-arg", "the same for the kube-controller-manager")
	list(fs, &o.SchedulerArgs, "scheduler-arg", "the same for the kube-scheduler")
	fs.Func("without", "components not to start, by comma: controller-manager, scheduler", func(s string) error {
		o.Without = append(o.Without, strings.Split(s, ",")...)
		return nil
	})
	fs.DurationVar(&o.CompactInterval, "compact-interval", 5*time.Minute, "time between kine's compactions: a resourceVersion older than two of them is 410 Gone")
	fs.Int64Var(&o.CompactMinRetain, "compact-min-retain", 1000, "newest revisions that a compaction keeps whatever their age")
	fs.Int64Var(&o.CompactBatchSize, "compact-batch-size", 1000, "revisions per compaction transaction, at least 100")
	fs.DurationVar(&o.KineNotifyEvery, "kine-notify-interval", 5*time.Second, "time between kine's progress notes on a watch")
	fs.DurationVar(&o.ReadyTimeout, "ready-timeout", 2*time.Minute, "give up when the cluster is not ready after this")
	if err := fs.Parse(args); err != nil {
		return Options{}, err
	}
	if fs.NArg() > 0 {
		return Options{}, fmt.Errorf("unexpected argument %q: up takes flags only", fs.Arg(0))
	}
	return o.complete()
}

// complete checks o and makes its paths absolute, since the children run in Dir.
func (o Options) complete() (Options, error) {
	var errs []error
	if o.Dir == "" {
		errs = append(errs, errors.New("--dir is required: the folder to keep everything in"))
	}
	if o.Port < 0 || o.Port > 65535 {
		errs = append(errs, fmt.Errorf("--port %d: want 0 to 65535", o.Port))
	}
	if o.CompactBatchSize < 100 {
		errs = append(errs, fmt.Errorf("--compact-batch-size %d: kine wants at least 100", o.CompactBatchSize))
	}
	if o.CompactMinRetain < 1 { // with 0, kine's compactor finds its target reached and never looks again
		errs = append(errs, fmt.Errorf("--compact-min-retain %d: want at least 1, or kine compacts once and never again", o.CompactMinRetain))
	}
	for _, name := range o.Without {
		if name != controllerManager && name != scheduler {
			errs = append(errs, fmt.Errorf("--without %q: want %s or %s", name, controllerManager, scheduler))
		}
	}
	for _, arg := range slices.Concat(o.APIServerArgs, o.KCMArgs, o.SchedulerArgs) {
		if key, _, ok := strings.Cut(arg, "="); !ok || key == "" {
			errs = append(errs, fmt.Errorf("component flag %q: want key=value", arg))
		}
	}
	for _, path := range []*string{&o.Dir, &o.AuditPolicyFile, &o.AuditWebhookFile} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			errs = append(errs, fmt.Errorf("make %s absolute: %w", *path, err))
		}
		*path = absolute
	}
	return o, errors.Join(errs...)
}

func (o Options) runs(component string) bool { return !slices.Contains(o.Without, component) }

func list(fs *flag.FlagSet, into *[]string, name, usage string) {
	fs.Func(name, usage, func(s string) error {
		*into = append(*into, strings.TrimLeft(s, "-"))
		return nil
	})
}

// Command demo runs the whole of Edgebell on this machine: a loopback API
// server with recorded Events (or the cluster that KUBECONFIG names), the event
// source, the function, and a stand-in for the Feishu bot with a page that
// shows the cards (or the real group that FEISHU_WEBHOOK_URL names).
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

const (
	botAddress    = "127.0.0.1:8090"
	apiAddress    = "127.0.0.1:8091"
	notifyAddress = "127.0.0.1:8080"
	sourceAddress = "127.0.0.1:8081"
	// demoURL is the stand-in bot's address; the token opens nothing else.
	demoURL = "http://" + botAddress + "/open-apis/bot/v2/hook/00000000-0000-4000-8000-000000000000"
)

func main() {
	bin := flag.String("bin", ".cache/bin", "folder of the built programs")
	events := flag.String("events", "", "comma-separated files of recorded Events")
	rate := flag.String("rate", "30/m", "Events that the loopback API server adds or changes, such as 2/s or 30/m")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx, *bin, *events, *rate); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context, bin, events string, rate string) error {
	dir, err := os.MkdirTemp("", "edgebell-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r := &runner{ctx: ctx, bin: bin, ended: make(chan error, 8)}
	defer r.stop()

	webhook, where := os.Getenv("FEISHU_WEBHOOK_URL"), "the group of FEISHU_WEBHOOK_URL"
	if webhook == "" {
		webhook, where = demoURL, "http://"+botAddress+"/   (the group's page)"
		token := demoURL[strings.LastIndexByte(demoURL, '/')+1:]
		if err := r.start("bot", botAddress, nil, "-listen", botAddress, "-token", token); err != nil {
			return err
		}
	}
	kubeconfig, cluster := os.Getenv("KUBECONFIG"), "the cluster of KUBECONFIG"
	if kubeconfig == "" {
		kubeconfig, cluster = filepath.Join(dir, "kubeconfig"), "recorded Events, served at http://"+apiAddress
		err := r.start("apiserver", apiAddress, nil, "-listen", apiAddress, "-kubeconfig", kubeconfig, "-events", events, "-rate", rate, "-loop")
		if err != nil {
			return err
		}
	}
	page := cmp.Or(os.Getenv("PAGE"), "on")
	if err := r.start("notify", notifyAddress, append(inherited(),
		"FEISHU_WEBHOOK_URL="+webhook, "LISTEN_ADDRESS="+notifyAddress, "DATA_DIR="+dir, "LOG_FORMAT=text", "PAGE="+page)); err != nil {
		return err
	}
	if err := r.start("event-source", sourceAddress, append(inherited(),
		"KUBECONFIG="+kubeconfig, "K_SINK=http://"+notifyAddress+"/", "LISTEN_ADDRESS="+sourceAddress, "LOG_FORMAT=text")); err != nil {
		return err
	}
	fmt.Printf(`
  Events   %s
  Cards    %s
  Stories  http://%s/   (PAGE=on; /status and /metrics for programs)
  Source   http://%s/status
  Stop     Ctrl-C

`, cluster, where, notifyAddress, sourceAddress)
	select {
	case <-ctx.Done():
		return nil
	case err := <-r.ended:
		return err
	}
}

// inherited is the environment less what the demo sets; any other variable of
// the README's table works.
func inherited() []string {
	var out []string
	for _, kv := range os.Environ() {
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "FEISHU_WEBHOOK_URL", "LISTEN_ADDRESS", "DATA_DIR", "LOG_FORMAT", "KUBECONFIG", "K_SINK", "PAGE":
		default:
			out = append(out, kv)
		}
	}
	return out
}

// runner starts programs and stops them in the opposite order.
type runner struct {
	ctx   context.Context
	bin   string
	all   []*process.Process
	ended chan error
}

// start runs a program and waits until it listens.
func (r *runner) start(name, address string, env []string, args ...string) error {
	if listens(address) == nil {
		return fmt.Errorf("start %s: something listens on %s already", name, address)
	}
	cmd := exec.Command(filepath.Join(r.bin, name), args...)
	cmd.Env = env
	p, err := process.Start(cmd, func(line string) { _, _ = fmt.Fprintf(os.Stderr, "%-12s | %s\n", name, line) })
	if err != nil {
		return err
	}
	r.all = append(r.all, p)
	go func() {
		<-p.Done
		if p.Err != nil && r.ctx.Err() == nil {
			r.ended <- fmt.Errorf("%s ended: %w", name, p.Err)
		}
	}()
	return process.Eventually(r.ctx, 50*time.Millisecond, 10*time.Second, name+" listens", func() error {
		if err := p.Alive(); err != nil {
			return process.Final(err)
		}
		return listens(address)
	})
}

// listens is nil when address takes connections.
func listens(address string) error {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}

func (r *runner) stop() {
	for _, p := range slices.Backward(r.all) {
		if err := p.Stop(15 * time.Second); err != nil {
			fmt.Fprintln(os.Stderr, "demo:", err)
		}
	}
}

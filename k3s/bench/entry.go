package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
	"github.com/edgebell/edgebell/k3s/serverconfig"
)

// wayIn is how Events come from a real API server to the function.
type wayIn string

const (
	byNone  wayIn = "none" // nobody listens: what the API server needs by itself
	byWatch wayIn = "watch"
	byAudit wayIn = "audit"
)

// entry is a real API server with one way in behind it.
type entry struct {
	b      *bench
	way    wayIn
	server *apiServer
	kube   process.PID // the kube-apiserver itself, without its datastore
	chain  *chain
	in     *measured // event-source or audit-webhook
	relay  *relay    // between the API server and in
	watch  *stopwatch

	closers []func()
}

// newEntry starts everything; flags are more ones of the API server.
func (b *bench) newEntry(way wayIn, flags ...string) (e *entry, err error) {
	e = &entry{b: b, way: way, watch: newStopwatch()}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	switch way {
	case byAudit:
		err = e.startAudit(flags)
	case byWatch:
		err = e.startWatch(flags)
	default:
		err = e.startServer(flags)
	}
	return e, err
}

func (e *entry) close() {
	for i := len(e.closers) - 1; i >= 0; i-- {
		e.closers[i]()
	}
}

func (e *entry) startServer(flags []string) (err error) {
	if e.server, err = e.b.startAPIServer(flags...); err != nil {
		return err
	}
	e.closers = append(e.closers, e.server.stop)
	e.kube, err = e.server.Component("apiserver")
	return err
}

func (e *entry) startWatch(flags []string) error {
	if err := e.startServer(flags); err != nil {
		return err
	}
	at, err := url.Parse(e.server.Config.Host)
	if err != nil {
		return err
	}
	if err := e.startRelay(at.Host); err != nil {
		return err
	}
	raw, err := os.ReadFile(e.server.Kubeconfig)
	if err != nil {
		return err
	}
	through := strings.ReplaceAll(string(raw), at.Host, e.relay.at)
	if through == string(raw) {
		return fmt.Errorf("%s does not name %s", e.server.Kubeconfig, at.Host)
	}
	kubeconfig := filepath.Join(e.server.Dir, "relay.kubeconfig")
	if err := os.WriteFile(kubeconfig, []byte(through), 0o600); err != nil {
		return err
	}
	if err := e.startChain(setup{kubeconfig: kubeconfig}); err != nil {
		return err
	}
	e.in = e.chain.source
	return nil
}

// startAudit sets the API server up by the installer's own files.
func (e *entry) startAudit(flags []string) error {
	at := process.FreeAddress()
	if err := e.startRelay(at); err != nil {
		return err
	}
	if err := e.startChain(setup{noSource: true, auditAt: at}); err != nil {
		return err
	}
	e.in = e.chain.webhook
	root, clean, err := e.b.folder()
	if err != nil {
		return err
	}
	e.closers = append(e.closers, clean)
	installed, err := e.b.installAudit(root, e.relay.at)
	if err != nil {
		return err
	}
	return e.startServer(append(installed, flags...))
}

func (e *entry) startRelay(to string) (err error) {
	if e.relay, err = newRelay(to); err == nil {
		e.closers = append(e.closers, e.relay.close)
	}
	return err
}

func (e *entry) startChain(s setup) (err error) {
	s.sinkProxy, s.notify = e.watch.proxy, []string{"GROUP_WAIT=1h"}
	if e.chain, err = e.b.start(s); err == nil {
		e.closers = append(e.closers, e.chain.close)
	}
	return err
}

const auditToken = "bench-t0ken"

// installAudit runs the installer in a throw-away root and returns the flags
// that a K3S server would then start its API server with.
func (b *bench) installAudit(root, webhook string) (flags []string, err error) {
	if root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	token := filepath.Join(root, "given")
	if err := os.WriteFile(token, []byte(auditToken), 0o600); err != nil {
		return nil, err
	}
	install := exec.CommandContext(b.ctx, "sh", "k3s/install.sh", "--root", root, "--token-file", token,
		"--binary", filepath.Join(b.opts.bin, "audit-webhook"), "--url", "http://"+webhook+"/clusters/bench")
	if out, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("k3s/install.sh: %w: %s", err, out)
	}
	const dropIn = "50-edgebell.yaml"
	args, err := serverconfig.Read(root, dropIn, filepath.Join(root, serverconfig.Dir, "config.yaml.d", dropIn))
	if err != nil {
		return nil, err
	}
	for name, values := range args {
		for _, value := range values {
			if strings.HasPrefix(value, serverconfig.Dir) {
				value = root + value
			}
			flags = append(flags, "--apiserver-arg", name+"="+value)
		}
	}
	if args.Webhook() == "" || args.Policy() == "" {
		return nil, fmt.Errorf("k3s/install.sh: the drop-in gives only %v", flags)
	}
	return flags, nil
}

// patience is the longest time after which the API server's audit backend
// drops what the webhook does not take (241 s), and some.
const patience = 5 * time.Minute

// settle waits until every Event has been committed or is counted as lost, and
// returns how many are. Who watches may lose none.
func (e *entry) settle(errorsBefore int) (lost int, err error) {
	within := time.Minute
	if e.way == byAudit {
		within = patience
	}
	err = e.b.eventually(within, "all Events are committed or counted as lost", func() error {
		_, _, missing := e.watch.since()
		lost = missing
		if missing == 0 || e.way == byNone {
			return nil
		}
		if e.way == byAudit {
			if now, err := e.server.AuditErrors(e.b.ctx); err == nil && now-errorsBefore >= missing {
				return nil
			}
		}
		if err := e.b.pause(100 * time.Millisecond); err != nil {
			return err
		}
		return fmt.Errorf("%d are neither", missing)
	})
	if e.way == byNone {
		lost = 0 // nobody was to get them
	}
	return lost, err
}

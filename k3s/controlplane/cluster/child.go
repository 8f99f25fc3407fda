package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	restartPause = time.Second
	stopPatience = 10 * time.Second
	logTail      = 2000
)

// child keeps one process of a cluster running: one that dies is started again
// after a second, with the same arguments, as a K3S service would be.
type child struct {
	name string
	dir  string
	args []string
	// settled says that the cluster was ready once. Before that a child that
	// exits by itself has a wrong flag, and starting it again would not help.
	settled *atomic.Bool

	stop    context.CancelFunc
	restart chan struct{}
	done    chan struct{}
	err     error // why it gave up; read it after done
}

func startChild(c *child) *child {
	ctx, cancel := context.WithCancel(context.Background())
	c.stop, c.restart, c.done = cancel, make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(c.done)
		defer cancel()
		c.err = c.keep(ctx)
	}()
	return c
}

// end stops the child and waits until it is gone.
func (c *child) end() {
	c.stop()
	<-c.done
}

// again asks for one restart; while one is pending, more change nothing.
func (c *child) again() {
	select {
	case c.restart <- struct{}{}:
	default:
	}
}

func (c *child) keep(ctx context.Context) error {
	// The kernel sends Pdeathsig when the thread that started the child ends,
	// so the thread must live as long as the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		asked, err := c.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if asked {
			continue
		}
		if !c.settled.Load() && !killed(err) {
			return fmt.Errorf("%s ended before the cluster was ready: %w; the end of %s:\n%s", c.name, err, c.logPath(), c.tail())
		}
		slog.Warn("component ended, starting it again", "component", c.name, "reason", err, "after", restartPause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(restartPause):
		}
	}
}

// once runs the process to its end. asked is true when it was ended for a
// restart; otherwise err says how it ended.
func (c *child) once(ctx context.Context) (asked bool, err error) {
	cmd, err := c.start()
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(c.pidPath()) }() // a pid file that stays behind is only untidy
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			err = errors.New("exit status 0")
		}
		return false, err
	case <-c.restart:
		asked = true
	case <-ctx.Done():
	}
	c.terminate(cmd.Process, ended)
	return asked, nil
}

func (c *child) start() (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own binary: %w", err)
	}
	log, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	cmd := exec.Command(self, c.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true,            // an interrupt from the terminal is for us alone: we stop them in order
		Pdeathsig: syscall.SIGKILL, // and if we cannot, the kernel does
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	if err := writePid(c.pidPath(), cmd.Process.Pid); err != nil {
		return nil, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	return cmd, nil
}

func (c *child) terminate(process *os.Process, ended <-chan error) {
	_ = process.Signal(syscall.SIGTERM) // an error says that it has ended
	select {
	case <-ended:
	case <-time.After(stopPatience):
		slog.Warn("component does not stop, killing it", "component", c.name, "after", stopPatience)
		_ = process.Kill()
		<-ended
	}
}

func (c *child) logPath() string { return filepath.Join(c.dir, c.name+".log") }
func (c *child) pidPath() string { return filepath.Join(c.dir, c.name+".pid") }

// tail is the end of the log, where a component says why it gave up.
func (c *child) tail() string {
	text, err := os.ReadFile(c.logPath())
	if err != nil {
		return err.Error()
	}
	if len(text) > logTail {
		text = text[len(text)-logTail:]
	}
	return strings.TrimSpace(string(text))
}

// writePid replaces the file whole, so that a reader never sees half a number.
func writePid(path string, pid int) error {
	if err := os.WriteFile(path+".new", []byte(strconv.Itoa(pid)+"\n"), 0o600); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// process is a program that is measured.
type process struct {
	name    string
	cmd     *exec.Cmd
	pid     int
	started time.Time
	cgroup  string
	done    chan struct{}
	err     error

	mu  sync.Mutex
	out bytes.Buffer
}

// Write keeps what the program says.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// spawn starts a program with nothing in its environment but env, so that the
// figures do not depend on the caller's GOGC and the like.
func (b *bench) spawn(path string, env []string, args ...string) (*process, error) {
	p := &process{name: filepath.Base(path), cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	group, err := b.makeCgroup(p)
	if err != nil {
		return nil, err
	}
	if group != nil {
		defer func() { _ = group.Close() }()
	}
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	p.pid = p.cmd.Process.Pid
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// makeCgroup prepares a cgroup of the process's own below -cgroup.
func (b *bench) makeCgroup(p *process) (*os.File, error) {
	if b.opts.cgroup == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp(b.opts.cgroup, "edgebell-bench-")
	if err != nil {
		return nil, fmt.Errorf("-cgroup: %w", err)
	}
	p.cgroup = dir
	if _, err := os.Stat(filepath.Join(dir, "memory.usage_in_bytes")); err == nil {
		return nil, p.enterV1()
	}
	group, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("-cgroup: %w", err)
	}
	p.cmd.SysProcAttr.UseCgroupFD, p.cmd.SysProcAttr.CgroupFD = true, int(group.Fd())
	return group, nil
}

// enterV1 has a shell put itself into the process's cgroup of version 1, which
// a program cannot be started in, before it becomes the program.
func (p *process) enterV1() error {
	shell, err := exec.LookPath("sh")
	if err != nil {
		return fmt.Errorf("-cgroup: version 1 needs a shell: %w", err)
	}
	p.cmd.Args = append([]string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, p.cgroup, p.cmd.Path}, p.cmd.Args[1:]...)
	p.cmd.Path = shell
	return nil
}

// stop ends the program as a service manager would.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	if p.cgroup != "" {
		_ = os.Remove(p.cgroup)
	}
}

// ready waits until GET url answers 200.
func (b *bench) ready(p *process, url string) error {
	return b.eventually(30*time.Second, p.name+" is ready", func() error {
		select {
		case <-p.done:
			return fmt.Errorf("it ended: %w: %s", p.err, tail(p.said()))
		default:
		}
		_, err := get(b.ctx, url)
		return err
	})
}

func tail(s string) string { return s[max(len(s)-2000, 0):] }

func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, resp.Status, raw)
	}
	return raw, err
}

// eventually tries until it works or the time is over.
func (b *bench) eventually(within time.Duration, what string, try func() error) error {
	deadline := time.Now().Add(within)
	for {
		err := try()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %s: %w", what, within, err)
		}
		if err := b.pause(10 * time.Millisecond); err != nil {
			return err
		}
	}
}

func (b *bench) pause(d time.Duration) error {
	select {
	case <-b.ctx.Done():
		return b.ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

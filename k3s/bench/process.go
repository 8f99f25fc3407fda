package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

// measured is a program that is measured.
type measured struct {
	*process.Process
	cgroup string // of its own; empty: none
}

// spawn starts a program with nothing in its environment but env, so that the
// figures do not depend on the caller's GOGC and the like.
func (b *bench) spawn(path string, env []string, args ...string) (*measured, error) {
	cmd := exec.Command(path, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	cgroup, entered, err := b.makeCgroup(cmd)
	if err != nil {
		return nil, err
	}
	defer entered()
	p, err := process.Start(cmd, nil)
	if err != nil {
		return nil, err
	}
	p.Name = filepath.Base(path) // whatever puts it into its cgroup
	return &measured{p, cgroup}, nil
}

// makeCgroup has cmd start in a cgroup of its own below -cgroup. entered must
// be called after the start.
func (b *bench) makeCgroup(cmd *exec.Cmd) (dir string, entered func(), err error) {
	entered = func() {}
	if b.opts.cgroup == "" {
		return "", entered, nil
	}
	if dir, err = os.MkdirTemp(b.opts.cgroup, "edgebell-bench-"); err != nil {
		return "", entered, fmt.Errorf("-cgroup: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "memory.usage_in_bytes")); err == nil {
		return dir, entered, enterV1(cmd, dir)
	}
	group, err := os.Open(dir)
	if err != nil {
		return dir, entered, fmt.Errorf("-cgroup: %w", err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(group.Fd())}
	return dir, func() { _ = group.Close() }, nil
}

// enterV1 has a shell put itself into a cgroup of version 1, which a program
// cannot be started in, before it becomes the program.
func enterV1(cmd *exec.Cmd, cgroup string) error {
	shell, err := exec.LookPath("sh")
	if err != nil {
		return fmt.Errorf("-cgroup: version 1 needs a shell: %w", err)
	}
	cmd.Args = append([]string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, cgroup, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = shell
	return nil
}

// cgroupMemory is in KiB; 0 when the process has no cgroup of its own.
func (p *measured) cgroupMemory() (current, peak int64) {
	read := func(file string) int64 {
		raw, err := os.ReadFile(filepath.Join(p.cgroup, file))
		if p.cgroup == "" || err != nil {
			return 0
		}
		n, _ := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
		return n / 1024
	}
	return max(read("memory.current"), read("memory.usage_in_bytes")), max(read("memory.peak"), read("memory.max_usage_in_bytes"))
}

// stop ends the program as a service manager would.
func (p *measured) stop() {
	_ = p.Stop(20 * time.Second) // it is killed then
	if p.cgroup != "" {
		_ = os.Remove(p.cgroup)
	}
}

// ready waits until GET url answers 200.
func (b *bench) ready(p *measured, url string) error { return p.Ready(b.ctx, nil, url) }

// get keeps its connections: to be asked must cost little where the answer is
// waited for.
func get(ctx context.Context, url string) ([]byte, error) {
	return process.Get(ctx, http.DefaultClient, url)
}

// eventually tries until it works or the time is over.
func (b *bench) eventually(within time.Duration, what string, try func() error) error {
	return process.Eventually(b.ctx, 10*time.Millisecond, within, what, try)
}

func (b *bench) pause(d time.Duration) error {
	select {
	case <-b.ctx.Done():
		return b.ctx.Err()
	case <-time.After(d):
		return nil
	}
}

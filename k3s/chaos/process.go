package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

// spawn starts a program of the run's own copies with more environment. line,
// unless nil, gets what it says.
func (r *run) spawn(name string, env, args []string, line func(string)) (*process.Process, error) {
	cmd := exec.Command(filepath.Join(r.bin, name), args...)
	cmd.Env = append(os.Environ(), env...)
	return process.Start(cmd, line)
}

const (
	stopPatience = 15 * time.Second
	// readyPatience is long: the machine may be busy with other things.
	readyPatience  = time.Minute
	settlePatience = 2 * time.Minute
)

// eventually tries until it works or the time is over.
func eventually(ctx context.Context, within time.Duration, what string, try func() error) error {
	return process.Eventually(ctx, 10*time.Millisecond, within, what, try)
}

// pause lets time pass: the instants of the faults are the point of it all.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

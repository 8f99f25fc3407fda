package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideMark tells a copy of this program that it has a mount namespace of its
// own.
const insideMark = "EDGEBELL_CHAOS_INSIDE"

// noMounts says why no small disk can be had; empty when it can.
var noMounts string

// inside runs do where file systems can be mounted without anybody seeing
// them: in a mount namespace, which a plain user has in a user namespace.
func inside(ctx context.Context, do func() (int, error)) (int, error) {
	if os.Getenv(insideMark) != "" {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			noMounts = fmt.Sprintf("make mounts private: %v", err)
		}
		return do()
	}
	self, err := os.Executable()
	if err != nil {
		return 1, fmt.Errorf("find own program: %w", err)
	}
	cmd := exec.Command(self, os.Args[1:]...) //nolint:gosec // itself
	cmd.Env = append(os.Environ(), insideMark+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		noMounts = fmt.Sprintf("no mount namespace on this machine: %v", err)
		return do()
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer stop()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

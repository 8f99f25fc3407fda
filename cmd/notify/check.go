package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/edgebell/edgebell/functions/ledger"
)

// checkCommand is the argument by which notify checks a ledger file for
// itself.
const checkCommand = "check-ledger"

// checkTime is more than the slowest card needs for the largest file.
const checkTime = 5 * time.Minute

// The exit codes of the check.
const (
	exitDamaged   = 3
	exitUnchecked = 4
)

// checkInChild checks a ledger file in a process of its own: a file that a
// failing card has torn may fault the process that maps it. Only what the file
// itself did counts as damage; a child that was killed, for want of memory say,
// tells nothing about the file.
func checkInChild(path string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("%w: %w", ledger.ErrUnchecked, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, checkCommand, path)
	var said bytes.Buffer
	cmd.Stderr = &said
	err = cmd.Run()
	if err == nil {
		return nil
	}
	line, _, _ := bytes.Cut(said.Bytes(), []byte("\n"))
	what := fmt.Errorf("%s (%w)", bytes.TrimSpace(line), err)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() == exitUnchecked || killed(exit) {
		return fmt.Errorf("%w: %w", ledger.ErrUnchecked, what)
	}
	return what
}

// killed says that somebody else ended the child.
func killed(exit *exec.ExitError) bool {
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && (status.Signal() == syscall.SIGKILL || status.Signal() == syscall.SIGTERM)
}

func checkLedger(path string) int {
	err := ledger.Check(path)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, ledger.ErrUnchecked) {
		return exitUnchecked
	}
	return exitDamaged
}

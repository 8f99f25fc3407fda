package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/edgebell/edgebell/functions/ledger"
)

// checkCommand is the argument by which notify checks a ledger file for
// itself.
const checkCommand = "check-ledger"

// checkInChild checks a ledger file in a process of its own: a file that a
// failing card has torn may fault the process that maps it.
func checkInChild(path string) error {
	self, err := os.Executable()
	if err != nil {
		return ledger.Check(path)
	}
	cmd := exec.Command(self, checkCommand, path)
	var said bytes.Buffer
	cmd.Stderr = &said
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit):
		line, _, _ := bytes.Cut(said.Bytes(), []byte("\n"))
		return fmt.Errorf("%s (%w)", bytes.TrimSpace(line), err)
	}
	return ledger.Check(path) // no process to be had; better in this one than not
}

func checkLedger(path string) int {
	if err := ledger.Check(path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

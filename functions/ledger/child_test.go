package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func contains(err error, word string) bool { return strings.Contains(err.Error(), word) }

// childEnv makes the test binary one of these children.
const childEnv = "EDGEBELL_TEST_CHILD"

var children = map[string]func() int{}

// emulatorEnv names the emulator that runs this program, if one does: without
// it the machine could not start another processor's program.
const emulatorEnv = "EDGEBELL_TEST_EMULATOR"

// self is this program once more.
func self() *exec.Cmd {
	if emulator := os.Getenv(emulatorEnv); emulator != "" {
		return exec.Command(emulator, os.Args[0])
	}
	return exec.Command(os.Args[0])
}

// runChild runs one of them in namespaces of its own, where it may mount.
func runChild(t *testing.T, name, dir string) {
	t.Helper()
	cmd := self()
	cmd.Env = append(os.Environ(), childEnv+"="+name, "DATA_DIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == exitSkip:
		t.Skip(strings.TrimSpace(out.String()))
	case errors.As(err, &exit):
		t.Fatalf("child %s: %v\n%s", name, err, out.String())
	case err != nil:
		t.Skipf("no user namespace to mount a small file system in: %v", err)
	}
}

const exitSkip = 77

// childFailed says what a child found wrong.
func childFailed(format string, args ...any) int {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	return 1
}

// checkInChild is what commands do: a torn file may end the process that reads
// it.
func checkInChild(path string) error {
	cmd := self()
	cmd.Env = append(os.Environ(), checkEnv+"="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s (%w)", bytes.TrimSpace(bytes.SplitN(out, []byte("\n"), 2)[0]), err)
	}
	return nil
}

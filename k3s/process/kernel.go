package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// PID is a process that the kernel knows, a child or not.
type PID int

// Memory is what the kernel says of one process, in KiB.
type Memory struct{ RSS, Anon, PSS, Peak int64 }

// Memory reads the process's memory; Peak is the most RSS since the start or
// since ResetPeak.
func (p PID) Memory() (Memory, error) {
	status, err := p.Fields("status")
	if err != nil {
		return Memory{}, err
	}
	rollup, err := p.Fields("smaps_rollup")
	return Memory{RSS: status["VmRSS"], Anon: status["RssAnon"], PSS: rollup["Pss"], Peak: status["VmHWM"]}, err
}

// ResetPeak makes Peak begin again.
func (p PID) ResetPeak() error { return os.WriteFile(p.path("clear_refs"), []byte("5"), 0) }

// Written is what the process has made the kernel write to disks, in bytes.
func (p PID) Written() (int64, error) {
	io, err := p.Fields("io")
	return io["write_bytes"], err
}

// CPU is user and system time of all threads, ended ones included.
func (p PID) CPU() (time.Duration, error) {
	stat, err := p.Read("stat")
	if err != nil {
		return 0, err
	}
	return cpuIn(stat)
}

// Signal sends a signal.
func (p PID) Signal(s syscall.Signal) error { return syscall.Kill(int(p), s) }

// Read reads one of the files that the kernel has of the process, such as
// cmdline.
func (p PID) Read(file string) (string, error) {
	raw, err := os.ReadFile(p.path(file))
	return string(raw), err
}

// Fields reads a file of lines such as "VmRSS:   123 kB".
func (p PID) Fields(file string) (map[string]int64, error) {
	raw, err := p.Read(file)
	out := map[string]int64{}
	for line := range strings.Lines(raw) {
		key, rest, _ := strings.Cut(line, ":")
		if f := strings.Fields(rest); len(f) > 0 {
			if n, err := strconv.ParseInt(f[0], 10, 64); err == nil {
				out[key] = n
			}
		}
	}
	return out, err
}

func (p PID) path(file string) string { return filepath.Join("/proc", strconv.Itoa(int(p)), file) }

// tick is the unit of /proc/<pid>/stat on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpuIn skips the name, which may hold anything.
func cpuIn(stat string) (time.Duration, error) {
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) < 13 {
		return 0, fmt.Errorf("read CPU time: %d fields", len(f))
	}
	user, err := strconv.ParseInt(f[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * tick, err
}

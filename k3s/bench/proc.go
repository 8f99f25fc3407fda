package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Memory is what the kernel says of one process, in KiB.
type Memory struct {
	RSS, Anon, PSS, Peak int64
	Cgroup, CgroupPeak   int64
}

// memory reads /proc/<pid>, and the process's own cgroup if it has one.
func (p *process) memory() (Memory, error) {
	status, err := fields(p.proc("status"))
	if err != nil {
		return Memory{}, err
	}
	rollup, err := fields(p.proc("smaps_rollup"))
	if err != nil {
		return Memory{}, err
	}
	m := Memory{RSS: status["VmRSS"], Anon: status["RssAnon"], PSS: rollup["Pss"], Peak: status["VmHWM"]}
	if p.cgroup != "" {
		m.Cgroup = max(bytesIn(p.cgroup, "memory.current"), bytesIn(p.cgroup, "memory.usage_in_bytes")) / 1024
		m.CgroupPeak = max(bytesIn(p.cgroup, "memory.peak"), bytesIn(p.cgroup, "memory.max_usage_in_bytes")) / 1024
	}
	return m, nil
}

// resetPeak makes VmHWM begin again.
func (p *process) resetPeak() error { return os.WriteFile(p.proc("clear_refs"), []byte("5"), 0) }

// written is what the process has made the kernel write to disks.
func (p *process) written() (int64, error) {
	io, err := fields(p.proc("io"))
	return io["write_bytes"], err
}

func (p *process) proc(file string) string {
	return filepath.Join("/proc", strconv.Itoa(p.pid), file)
}

// fields reads lines such as "VmRSS:   123 kB".
func fields(path string) (map[string]int64, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for line := range strings.Lines(string(raw)) {
		key, rest, _ := strings.Cut(line, ":")
		if f := strings.Fields(rest); len(f) > 0 {
			if n, err := strconv.ParseInt(f[0], 10, 64); err == nil {
				out[key] = n
			}
		}
	}
	return out, nil
}

func bytesIn(dir, file string) int64 {
	raw, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	return n
}

// tick is the unit of /proc/<pid>/stat on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpu is user and system time of all threads, ended ones included.
func (p *process) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(p.proc("stat"))
	if err != nil {
		return 0, err
	}
	return cpuIn(string(raw))
}

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

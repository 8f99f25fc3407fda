package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine is where the figures come from.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Arch   string `json:"arch"`
	Go     string `json:"go"`
	Kernel string `json:"kernel"`
	Disk   string `json:"disk"`
	// Load is the load average of the minute before: anything above the few
	// processes of the run itself makes times longer than they need be.
	Load string `json:"load"`
}

// String is the machine in one line.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, %s, Linux %s, %s, load %s", m.CPU, m.Cores, m.Arch, m.Go, m.Kernel, m.Disk, m.Load)
}

func readMachine(dir string) Machine {
	m := Machine{Cores: runtime.NumCPU(), Arch: runtime.GOARCH, Go: runtime.Version(), CPU: "unknown CPU", Disk: "unknown file system"}
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = cpuModel(string(raw))
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	if raw, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(raw), " ")
	}
	if raw, err := os.ReadFile("/proc/self/mounts"); err == nil {
		if abs, err := filepath.Abs(dir); err == nil {
			m.Disk = fileSystem(string(raw), abs)
		}
	}
	return m
}

// cpuModel reads /proc/cpuinfo: x86 has a model name, a Pi has a Model at the
// end.
func cpuModel(info string) string {
	found := "unknown CPU"
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "model name", "Model":
			found = strings.TrimSpace(value)
		}
	}
	return found
}

// fileSystem is the type of the longest mount above path.
func fileSystem(mounts, path string) string {
	best, kind := "", "unknown file system"
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) < 3 || len(f[1]) < len(best) {
			continue
		}
		if f[1] == "/" || path == f[1] || strings.HasPrefix(path, f[1]+"/") {
			best, kind = f[1], f[2]
		}
	}
	return kind
}

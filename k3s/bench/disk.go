package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

// disk counts what the function makes of 1,000 Warnings on the disk.
func (b *bench) disk() error {
	for _, batch := range []int{1, 100} {
		if err := b.diskOf(batch); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) diskOf(batch int) error {
	const n = 1000
	c, err := b.start(setup{noSource: true, notify: []string{"GROUP_WAIT=1h"}})
	if err != nil {
		return err
	}
	defer c.close()
	bodies, err := bodiesOf(b.events.stories(n, 200, 0), batch)
	if err != nil {
		return err
	}
	before, err := c.notify.Written()
	if err != nil {
		return err
	}
	count, err := traceSyncs(c.notify.PID)
	if err != nil {
		return err
	}
	for _, body := range bodies {
		if err := post("http://"+c.sinkAt+"/", body, batch > 1); err != nil {
			return err
		}
	}
	after, err := c.notify.Written()
	if err != nil {
		return err
	}
	name := fmt.Sprintf("per 1,000 events in batches of %d", batch)
	if batch == 1 {
		name = "per 1,000 events one by one"
	}
	b.result.add(Measure{Stage: "disk", Process: "notify", Name: "written " + name, Value: float64(after-before) / kib, Unit: "KiB"})
	syncs, note := count()
	b.result.add(Measure{Stage: "disk", Process: "notify", Name: "syncs " + name, Value: float64(syncs), Unit: "calls", Note: note})
	return nil
}

// traceSyncs counts the syncs of a process from now on, with strace where there
// is one. The function that it returns ends the count.
func traceSyncs(pid process.PID) (count func() (int, string), err error) {
	path, err := exec.LookPath("strace")
	if err != nil {
		return func() (int, string) { return 0, "not measured: strace is not installed" }, nil
	}
	var out bytes.Buffer
	cmd := exec.Command(path, "-f", "-c", "-e", "trace=fsync,fdatasync,msync,sync_file_range", "-p", strconv.Itoa(int(pid)))
	cmd.Stderr = &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start strace: %w", err)
	}
	// It is attached when the kernel says so.
	for range 500 {
		if traced(pid) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return func() (int, string) {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		return syncCalls(out.String()), "fdatasync and fsync, counted by strace"
	}, nil
}

func traced(pid process.PID) bool {
	status, err := pid.Fields("status")
	return err == nil && status["TracerPid"] != 0
}

// syncCalls adds up the calls in strace's table: % time, seconds, usecs/call,
// calls, then errors if there are any, syscall.
func syncCalls(table string) (n int) {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 5 || !strings.Contains(f[len(f)-1], "sync") {
			continue
		}
		calls, _ := strconv.Atoi(f[3])
		n += calls
	}
	return n
}

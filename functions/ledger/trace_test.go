package ledger

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// op is one line of the record.
type op struct {
	kind byte // w: write, s: sync done, a: answer
	off  int64
	data []byte
	text string
}

// record runs the child and reads the trace.
func record(t *testing.T, noSync bool) (before []byte, ops []op) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: the power-cut test needs it to see what is written and synced")
	}
	dir := t.TempDir()
	cfg := testConfig(dir)
	l := open(t, cfg)
	closeLedger(t, l)
	if before, err = os.ReadFile(l.path()); err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(dir, "trace")
	cmd := exec.Command(strace, "-f", "-y", "-xx", "-s", "1000000", "-e", "signal=none",
		"-e", "trace=pwrite64,write,ftruncate,fallocate,fdatasync,fsync", "-o", trace, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=powercut", "DATA_DIR="+dir)
	if noSync {
		cmd.Env = append(cmd.Env, noSyncEnv+"=1")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "PTRACE") || strings.Contains(string(out), "ptrace") {
			t.Skipf("strace may not trace here: %s", out)
		}
		t.Fatalf("trace: %v\n%s", err, out)
	}
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	return before, parseTrace(t, f, l.path())
}

var (
	traceCall   = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$`)
	traceResume = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>.*= (-?\d+)`)
	traceWrite  = regexp.MustCompile(`^, "([^"]*)", (\d+)(?:, (\d+))?`)
	traceResult = regexp.MustCompile(`= (-?\d+)[^=]*$`)
)

func parseTrace(t *testing.T, f *os.File, ledger string) (ops []op) {
	t.Helper()
	syncing := map[string]bool{} // by thread
	acks := filepath.Join(filepath.Dir(ledger), "acks")
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := traceResume.FindStringSubmatch(line); m != nil {
			if syncing[m[1]] && strings.HasSuffix(m[2], "sync") {
				if m[3] != "0" {
					t.Fatalf("sync failed: %s", line)
				}
				syncing[m[1]] = false
				ops = append(ops, op{kind: 's'})
			}
			continue
		}
		m := traceCall.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		thread, call, path, rest := m[1], m[2], unhex(t, m[3]), m[4]
		w := traceWrite.FindStringSubmatch(rest)
		switch {
		case path == acks && call == "write" && w != nil:
			ops = append(ops, op{kind: 'a', text: string(unhex(t, w[1]))})
		case path != ledger:
		case call == "pwrite64" && w != nil:
			off, err := strconv.ParseInt(w[3], 10, 64)
			data := []byte(unhex(t, w[1]))
			if err != nil || fmt.Sprint(len(data)) != w[2] {
				t.Fatalf("cannot read a write of %s bytes at %s: %v", w[2], w[3], err)
			}
			ops = append(ops, op{kind: 'w', off: off, data: data})
		case call == "fdatasync" || call == "fsync":
			if strings.Contains(rest, "unfinished") {
				syncing[thread] = true
			} else if r := traceResult.FindStringSubmatch(rest); r == nil || r[1] != "0" {
				t.Fatalf("sync failed: %s", line)
			} else {
				ops = append(ops, op{kind: 's'})
			}
		default:
			t.Fatalf("the file's size is not to be changed: %.200s", line)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return ops
}

// unhex reads strace's \x61\x62; what is not escaped stays.
func unhex(t *testing.T, s string) string {
	t.Helper()
	if !strings.HasPrefix(s, `\x`) {
		return s
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

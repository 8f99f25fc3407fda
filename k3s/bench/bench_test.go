package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCPUIn(t *testing.T) {
	// The name may hold spaces and parentheses.
	got, err := cpuIn("12 (a) b) (c) S 1 12 12 0 -1 4194560 500 0 0 0 150 30 7 8 20 0 5 0 999")
	if err != nil || got != 1800*time.Millisecond {
		t.Errorf("got %s, %v, want 1.8s", got, err)
	}
	if _, err := cpuIn("12 (x) S 1"); err == nil {
		t.Error("takes a line that is cut off")
	}
}

func TestSyncCalls(t *testing.T) {
	const table = `strace: Process 7 attached with 3 threads
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 99.00    0.100000          50      2000           fdatasync
  1.00    0.001000          50        12         2 fsync
------ ----------- ----------- --------- --------- ----------------
100.00    0.101000          50      2012         2 total
`
	if got := syncCalls(table); got != 2012 {
		t.Errorf("got %d, want 2012", got)
	}
}

func TestQuantile(t *testing.T) {
	v := make([]float64, 100)
	for i := range v {
		v[i] = float64(100 - i)
	}
	for q, want := range map[float64]float64{0.5: 50, 0.99: 99, 1: 100, 0: 1} {
		if got := quantile(v, q); got != want {
			t.Errorf("%v: got %v, want %v", q, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("of nothing: got %v", got)
	}
}

func TestFileSystem(t *testing.T) {
	const mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/deep xfs rw 0 0\n"
	for path, want := range map[string]string{"/home/x": "ext4", "/tmp/x": "tmpfs", "/tmp/deep/y": "xfs", "/tmpx": "ext4"} {
		if got := fileSystem(mounts, path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	tests := map[string]Measure{
		"":                {Value: 7},
		"≤ 5: met":        {Value: 5, Target: 5},
		"≤ 5: MISSED":     {Value: 5.1, Target: 5},
		"≥ 5000: met":     {Value: 5000, Target: 5000, AtLeast: true},
		"≥ 5000: MISSED":  {Value: 4999, Target: 5000, AtLeast: true},
		"≤ 0.250: MISSED": {Value: math.NaN(), Target: 0.25},
	}
	for want, m := range tests {
		if got := m.verdict(); got != want {
			t.Errorf("%+v: got %q, want %q", m, got, want)
		}
	}
}

// TestKeep: figures of stages that did not run again stay.
func TestKeep(t *testing.T) {
	r := &Result{Measures: []Measure{{Stage: "storm", Value: 2}}}
	r.keep(Result{Measures: []Measure{{Stage: "idle", Value: 1}, {Stage: "storm", Value: 1}}, Curves: []Curve{{Name: "x"}}})
	want := []Measure{{Stage: "idle", Value: 1}, {Stage: "storm", Value: 2}}
	if diff := cmp.Diff(want, r.Measures); diff != "" || len(r.Curves) != 1 {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestNamesIn(t *testing.T) {
	for body, want := range map[string]string{
		`[{"data":{"metadata":{"name":"a"}}},{"data":{"metadata":{"name":"b"}}}]`: "a b",
		`{"data":{"metadata":{"name":"c"}}}`:                                      "c",
		`nonsense`:                                                                "",
	} {
		if got := strings.Join(namesIn([]byte(body)), " "); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestMaker(t *testing.T) {
	m, err := newMaker([]string{"../../adapters/kubeevent/testdata/quota-storm.json"})
	if err != nil {
		t.Fatal(err)
	}
	names, stories := map[string]bool{}, map[string]bool{}
	for _, ev := range m.stories(100, 9, time.Hour) {
		names[ev.Name], stories[ev.InvolvedObject.Name] = true, true
		if ev.Type != "Warning" || ev.Count != 1 || time.Since(ev.LastTimestamp.Time) > time.Hour+2*time.Second {
			t.Errorf("%s: %s, count %d, at %s", ev.Name, ev.Type, ev.Count, ev.LastTimestamp)
		}
	}
	if len(names) != 100 || len(stories) != 9 {
		t.Errorf("%d names and %d stories, want 100 and 9", len(names), len(stories))
	}
	if _, err := newMaker(nil); err == nil {
		t.Error("takes no files at all")
	}
}

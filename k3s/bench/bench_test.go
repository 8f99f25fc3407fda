package main

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/k3s/process"
)

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

func TestRelayCounts(t *testing.T) {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // the test sees what is missing
		_, _ = w.Write(body)
	}))
	defer far.Close()
	r, err := newRelay(far.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	body := strings.Repeat("x", 5000)
	resp, err := http.Post("http://"+r.at, "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	back, err := io.ReadAll(resp.Body)
	if err != nil || string(back) != body {
		t.Errorf("%d bytes came back, %v, want what was sent", len(back), err)
	}
	if n := r.bytes.Load(); n < 10_000 || n > 11_000 {
		t.Errorf("%d bytes counted, want 10,000 and two headers", n)
	}
}

func TestPaced(t *testing.T) {
	b := &bench{ctx: t.Context()}
	var calls, sum atomic.Int64
	began := time.Now()
	err := b.paced(load{perSecond: 500, n: 50}, 4, func(i int) error {
		calls.Add(1)
		sum.Add(int64(i))
		return nil
	})
	if took := time.Since(began); err != nil || calls.Load() != 50 || sum.Load() != 49*50/2 || took < 90*time.Millisecond {
		t.Errorf("%d calls in %s, %v; want each of 50 once, in 100 ms", calls.Load(), took, err)
	}
	wrong := errors.New("wrong")
	if err := b.paced(load{perSecond: 5000, n: 5000}, 2, func(int) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v, want the writers' error", err)
	}
}

// TestTellEntry: what a way in costs the API server is told beside what it
// needs anyway, round by round.
func TestTellEntry(t *testing.T) {
	b := &bench{result: &Result{}}
	none, audit := newTally(), newTally()
	none.loads[inBurst].kube, audit.loads[inBurst].kube = []float64{1, 2}, []float64{1.5, 3}
	none.kube, audit.kube = []process.Memory{{RSS: 100 * kib}}, []process.Memory{{RSS: 104 * kib}, {RSS: 108 * kib}}
	audit.loads[inBurst].written, audit.loads[inBurst].lost = 4000, 3
	audit.loads[inBurst].answered = []float64{3, 1, 2}
	b.tellEntry(byAudit, audit, none)
	for name, want := range map[string]float64{
		"extra CPU per 1,000 events " + inBurst: 0.75, "extra RSS": 6, "RSS": 106,
	} {
		if got := b.result.value("entry audit", "kube-apiserver", name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]float64{"lost " + inBurst: 3, "write to commit " + inBurst + ", p50": 2} {
		if got := b.result.value("entry audit", "chain", name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/edgebell/edgebell/functions/alert"
)

const route = alert.DefaultRoute

// checkEnv makes the test binary a process that checks one ledger file.
const checkEnv = "EDGEBELL_TEST_CHECK_LEDGER"

func TestMain(m *testing.M) {
	if path := os.Getenv(checkEnv); path != "" {
		if err := Check(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if f := children[os.Getenv(childEnv)]; f != nil {
		os.Exit(f())
	}
	os.Exit(m.Run())
}

func quiet() Option { return WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

// tempDir is in memory where that can be had: hundreds of syncs take their time
// on a disk.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(shm(), "ledger-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func testConfig(dir string) Config {
	return Config{Dir: dir, MaxBytes: 1 << 20, EventTTL: time.Hour, GroupWait: 5 * time.Second, RepeatInterval: time.Hour}
}

func open(t testing.TB, cfg Config, opts ...Option) *Ledger {
	t.Helper()
	l, err := Open(cfg, append([]Option{quiet()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}

func closeLedger(t testing.TB, l *Ledger) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

var day = time.Date(2026, 3, 1, 2, 14, 0, 0, time.UTC)

// event is the Alert of an Event named name with a count.
func event(namespace, name, uid string, count int64) alert.Alert {
	return alert.Alert{
		Cluster: "edge", Namespace: namespace, Kind: "Pod", Name: name, Type: "Warning", Reason: "BackOff",
		Component: "kubelet", Node: "pi", Message: "Back-off restarting failed container",
		EventNamespace: namespace, EventName: name + ".17a1b2c3d4e5f607", EventUID: uid,
		Count: count, First: day, Last: day.Add(time.Duration(count) * time.Minute),
	}
}

func put(t testing.TB, l *Ledger, alerts ...alert.Alert) {
	t.Helper()
	if err := l.Put(context.Background(), alerts); err != nil {
		t.Fatal(err)
	}
}

func due(t testing.TB, l *Ledger) []alert.Group {
	t.Helper()
	groups, err := l.Due(route)
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

// deliver marks all that is due and says the totals, in order.
func deliver(t testing.TB, l *Ledger) (totals []int64) {
	t.Helper()
	var marks []Mark
	for _, g := range due(t, l) {
		marks, totals = append(marks, MarkOf(g)), append(totals, g.Total)
	}
	if err := l.Delivered(context.Background(), route, marks, l.Notices()); err != nil {
		t.Fatal(err)
	}
	return totals
}

// totals reads the total of every group by its folded name.
func totals(t testing.TB, l *Ledger) map[string]int64 {
	t.Helper()
	groups, err := l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, g := range groups {
		out[g.Folded] += g.Total
	}
	return out
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Notices{})); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// commits is how many transactions were written since the file was opened.
func commits(l *Ledger) int64 {
	stats := l.db.Stats()
	return stats.TxStats.GetWrite()
}

func TestCountingRules(t *testing.T) {
	type report struct {
		uid   string
		count int64
	}
	for _, tc := range []struct {
		name string
		puts []report
		want int64
	}{
		{"first sight", []report{{"a", 1}}, 1},
		{"first sight late", []report{{"a", 17}}, 17},
		{"patched", []report{{"a", 1}, {"a", 2}, {"a", 6}}, 6},
		{"replay", []report{{"a", 6}, {"a", 6}, {"a", 6}}, 6},
		{"late copy", []report{{"a", 6}, {"a", 2}, {"a", 7}}, 7},
		{"recreated with its count continued", []report{{"a", 6}, {"b", 7}, {"b", 9}}, 9},
		{"recreated and replayed out of order", []report{{"a", 6}, {"b", 7}, {"a", 6}, {"a", 5}, {"b", 7}}, 7},
		{"old uid goes on after a new one", []report{{"a", 6}, {"b", 7}, {"a", 8}}, 9},
		{"recreated from one", []report{{"a", 6}, {"b", 1}, {"b", 2}}, 8},
		{"recreated with the same count", []report{{"a", 3}, {"b", 3}}, 6},
		{"four uids are kept", []report{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}, {"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}}, 4},
		{"the fifth pushes the first out", []report{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}, {"e", 5}, {"a", 1}}, 6},
		{"no count is one", []report{{"a", 0}, {"b", -5}}, 2},
		{"an enormous count", []report{{"a", 1 << 40}, {"a", 1 << 41}}, 1<<32 - 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			one := open(t, testConfig(tempDir(t)))
			var all []alert.Alert
			for _, r := range tc.puts {
				a := event("shop", "web-0", r.uid, r.count)
				put(t, one, a)
				all = append(all, a)
			}
			same(t, "one by one", map[string]int64{"web-0": tc.want}, totals(t, one))
			batch := open(t, testConfig(tempDir(t)))
			put(t, batch, all...)
			same(t, "as a batch", map[string]int64{"web-0": tc.want}, totals(t, batch))
			if got := batch.Counts().Occurrences; got != tc.want {
				t.Errorf("occurrences: want %d, got %d", tc.want, got)
			}
		})
	}
}

func TestReplayWritesNothing(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	a, b := event("shop", "web-0", "a", 3), event("shop", "db-0", "b", 1)
	put(t, l, a, b)
	before := commits(l)
	for range 10 {
		put(t, l, b, a, a)
	}
	if after := commits(l); after != before {
		t.Errorf("writes by replays: %d", after-before)
	}
	if err := l.Touch(); err != nil {
		t.Fatal(err)
	}
	if commits(l) == before {
		t.Error("a commit is not seen by this test")
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	put(t, l, event("shop", "web-0", "a", 3), event("shop", "db-0", "b", 1))
	same(t, "told", 2, len(deliver(t, l)))
	put(t, l, event("shop", "web-0", "a", 5), event("shop", "cache-0", "c", 2))
	gap := Gap{From: day, To: day.Add(time.Hour), Why: GapSourceDown}
	if err := errors.Join(l.AddGap(gap), l.AddDropped("refused", 7), l.PutSource(context.Background(), "edge/watch", map[string]int{"a": 1}, Lost{})); err != nil {
		t.Fatal(err)
	}
	groups, err := l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	clock, counts, notices := l.Now(), l.Counts(), l.Notices()
	backlog, _ := l.Backlog(route)
	closeLedger(t, l)

	l = open(t, cfg)
	again, err := l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "groups", groups, again)
	same(t, "counts", counts, l.Counts())
	same(t, "notices", notices, l.Notices())
	waiting, _ := l.Backlog(route)
	same(t, "backlog", backlog, waiting)
	if l.Now() < clock {
		t.Errorf("clock went back: from %d to %d", clock, l.Now())
	}
	var source map[string]int
	if found, err := l.Source("edge/watch", &source); err != nil || !found {
		t.Errorf("source: found %v, error %v", found, err)
	}
	same(t, "source", map[string]int{"a": 1}, source)
	same(t, "census", map[string]int{"groups": 3, "seen": 3}, map[string]int{"groups": l.have.groups, "seen": l.have.seenTotal})
	put(t, l, event("shop", "web-0", "a", 5)) // a replay across the restart
	same(t, "totals", map[string]int64{"web-0": 5, "db-0": 1, "cache-0": 2}, totals(t, l))
}

func TestValidate(t *testing.T) {
	good := testConfig("/data")
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := Config{MaxBytes: 4096, EventTTL: time.Second, GroupWait: -1, RepeatInterval: -1}
	err := bad.Validate()
	for _, name := range []string{"DATA_DIR", "DATA_MAX_BYTES", "EVENT_TTL", "GROUP_WAIT", "REPEAT_INTERVAL"} {
		if err == nil || !contains(err, name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

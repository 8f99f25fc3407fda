package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// checkBounds says where the ledger is larger than it may be.
func checkBounds(t *testing.T, l *Ledger) {
	t.Helper()
	if size := fileSize(l.path()); size != l.cfg.MaxBytes {
		t.Errorf("file: want %d bytes, got %d", l.cfg.MaxBytes, size)
	}
	lim, s := l.limits, l.Stats()
	if most := lim.groups + lim.overflows + max(lim.overflows/8, 1) + 1; s.Groups > most {
		t.Errorf("groups: at most %d, got %d", most, s.Groups)
	}
	if s.Seen > lim.seen {
		t.Errorf("seen: at most %d, got %d", lim.seen, s.Seen)
	}
	if s.Err != nil {
		t.Errorf("trouble: %v", s.Err)
	}
	if err := l.view(func(tx *bolt.Tx) error {
		if free := l.freePages(tx, false); free < lim.marks/2 {
			t.Errorf("pages kept for marks: want %d or most of it, got %d", lim.marks, free)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	checkCensus(t, l)
}

// checkCensus compares what is kept in memory with what is on disk.
func checkCensus(t testing.TB, l *Ledger) {
	t.Helper()
	have, index, st, rows := l.have, l.index, l.state.clone(), l.rows
	if err := l.reload(); err != nil {
		t.Fatal(err)
	}
	type view struct {
		Groups, Overflows, Bytes, Seen, Rows int
		PerNS, PerSeen                       map[nsKey]int
		Counts                               Counts
		Offline                              map[string]Offline
	}
	of := func(c census, s state, rows int) view {
		return view{c.groups, c.overflows, c.bytes, c.seenTotal, rows, c.perNS, c.seen, s.counts, s.offline}
	}
	same(t, "census on disk and in memory", of(l.have, l.state, l.rows), of(have, st, rows))
	if len(index) != len(l.index) {
		t.Errorf("index: %d in memory, %d on disk", len(index), len(l.index))
	}
	for fp, e := range l.index {
		if fmt.Sprint(index[fp]) != fmt.Sprint(e) {
			t.Errorf("index of %s: in memory %+v, on disk %+v", fp, index[fp], e)
		}
	}
}

func floodAlert(namespace string, i int) alert.Alert {
	a := event(namespace, fmt.Sprintf("flood-%06d-of-a-rather-long-name", i), fmt.Sprint("uid", i), 1)
	a.EventName = fmt.Sprintf("%s.%016x", a.Name, rand.Uint64())
	a.Message = strings.Repeat("flood ", 340)
	return a
}

func honestAlert(i int) alert.Alert {
	return event("honest", fmt.Sprintf("honest-%d", i), "uid", 1)
}

// TestFlood puts forty thousand distinct stories into the smallest file.
func TestFlood(t *testing.T) {
	t.Parallel()
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg, WithCheck(checkInChild))
	for i := range 5 {
		put(t, l, honestAlert(i))
	}
	const flood, batch = 40_000 / raceFactor, 2000
	for i := 0; i < flood; i += batch {
		alerts := make([]alert.Alert, batch)
		for k := range alerts {
			alerts[k] = floodAlert(fmt.Sprintf("flood-%d", (i/batch)%2), i+k)
		}
		put(t, l, alerts...)
	}
	checkBounds(t, l)
	for i := 5; i < 10; i++ { // it finds room of its own in the middle of it
		put(t, l, honestAlert(i))
	}
	got := totals(t, l)
	for i := range 10 {
		if name := fmt.Sprintf("honest-%d", i); got[name] != 1 {
			t.Errorf("story %s: want 1, got %d", name, got[name])
		}
	}
	var sum int64
	for _, n := range got {
		sum += n
	}
	same(t, "occurrences in groups", l.Counts().Occurrences, sum)
	if lost := flood + 10 - sum; lost != 0 || len(l.Counts().Dropped) > 0 {
		t.Errorf("lost: %d, dropped %v", lost, l.Counts().Dropped)
	}
	if l.Counts().Coalesced == 0 || l.Counts().PossibleDuplicates == 0 {
		t.Errorf("bounds were not met: %+v", l.Counts())
	}
	if n := len(deliver(t, l)); n == 0 || len(due(t, l)) > 0 {
		t.Errorf("delivered on a full ledger: %d, still due %d", n, len(due(t, l)))
	}
	checkBounds(t, l)
	closeLedger(t, l)
	l = open(t, cfg, WithCheck(checkInChild))
	same(t, "after a restart", got, totals(t, l))
	checkBounds(t, l)
}

// TestFloodOfNamespaces invents namespaces and clusters, too.
func TestFloodOfNamespaces(t *testing.T) {
	t.Parallel()
	cfg := testConfig(tempDir(t))
	l := open(t, cfg)
	put(t, l, honestAlert(0))
	runtime.GC()
	for i := 0; i < 20_000; i += 500 {
		alerts := make([]alert.Alert, 500)
		for k := range alerts {
			alerts[k] = floodAlert(fmt.Sprint("ns", i+k), i+k)
			alerts[k].Cluster = fmt.Sprint("cluster", i+k)
			alerts[k].Type = fmt.Sprint("Warning", k)
		}
		put(t, l, alerts...)
	}
	checkBounds(t, l)
	same(t, "honest", int64(1), totals(t, l)["honest-0"])
}

// TestRowsGrowInAFullLedger fills every row from little to its bound.
func TestRowsGrowInAFullLedger(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	long := strings.Repeat("n", 200)
	for round := range 60 {
		var alerts []alert.Alert
		for story := range l.limits.groups {
			a := numbered(fmt.Sprint("ns", story%8), story, round*1000+story)
			a.Name = fmt.Sprintf("story-%d-%s-%05d", story, long, round)
			a.Kind = "Job" // whose names fold
			a.Name = fmt.Sprintf("story-%d-%s-%d", story, long, 29_000_000+round)
			a.Last = day
			a.Message = strings.Repeat("\x01", min(round*50, alert.MaxMessageBytes))
			alerts = append(alerts, a)
		}
		put(t, l, alerts...)
		checkBounds(t, l)
	}
	if n := len(deliver(t, l)); n < l.limits.groups/2 {
		t.Errorf("delivered: %d", n)
	}
	checkBounds(t, l)
}

func TestRowsAreBounded(t *testing.T) {
	for name, char := range map[string]string{"plain": "x", "quotes": `"`, "controls": "\x01", "wide": "世"} {
		t.Run(name, func(t *testing.T) {
			fill := func(n int) string { return strings.Repeat(char, n/len(char)) }
			row := &groupRow{}
			for i := range 30 {
				a := alert.Alert{
					Cluster: fill(253), Namespace: fill(128), Kind: fill(128), Name: fmt.Sprint(i, fill(250)), Type: fill(128),
					Reason: fill(128), Component: fill(128), Node: fill(253), Message: fill(2048), MessageBytes: 1 << 30,
					EventNamespace: fill(128), EventName: fill(253), EventUID: fill(128), Count: 1 << 40, First: day, Last: day,
				}
				if i == 0 {
					row.Group = alert.NewGroup(a)
				}
				row.Group.Add(a, 1<<40)
			}
			total, objects := row.Group.Total, row.Group.MoreObjects+int64(len(row.Group.Objects))
			for _, bound := range []int{maxRow, leanRow} {
				raw, err := encodeBounded(row, bound)
				if err != nil {
					t.Fatal(err)
				}
				if len(raw) > maxRow {
					t.Errorf("bound %d: %d bytes", bound, len(raw))
				}
				back, err := decodeGroup(row.Group.Fingerprint[:], raw)
				if err != nil {
					t.Fatal(err)
				}
				same(t, "total", total, back.Group.Total)
				same(t, "objects in all", objects, back.Group.MoreObjects+int64(len(back.Group.Objects)))
				if len(back.Group.Objects) < leastObjects || back.Group.Newest.Message == "" {
					t.Errorf("bound %d: %d objects, message %q", bound, len(back.Group.Objects), back.Group.Newest.Message)
				}
			}
		})
	}
}

// TestFullToTheLastPage lifts the bounds, so that the file itself is met: what
// finds no room in a story is counted as lost, and never an error.
func TestFullToTheLastPage(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg, WithCheck(checkInChild), func(l *Ledger) {
		l.tune = func(lim *limits) {
			*lim = limits{groups: 1 << 20, perNamespace: 1 << 20, overflows: 1 << 20, groupBytes: 1 << 30, seen: 1 << 20, marks: -1 << 20}
		}
	})
	const flood, batch = 3000, 100
	for i := 0; i < flood; i += batch {
		alerts := make([]alert.Alert, batch)
		for k := range alerts {
			alerts[k] = floodAlert("flood", i+k)
		}
		put(t, l, alerts...)
	}
	c := l.Counts()
	same(t, "occurrences counted or lost", int64(flood), c.Occurrences+c.Dropped[DroppedNoRoom])
	if c.PossibleDuplicates == 0 {
		t.Error("the file was not filled")
	}
	for len(due(t, l)) > 0 {
		deliver(t, l)
	}
	same(t, "size", cfg.MaxBytes, fileSize(l.path()))
	checkCensus(t, l)
	closeLedger(t, l)
	open(t, cfg, WithCheck(checkInChild))
}

func TestOneRequestLargerThanTheFreePages(t *testing.T) {
	cfg := testConfig(tempDir(t))
	l := open(t, cfg)
	var alerts []alert.Alert
	for i := range 4000 { // spread over all pages of the table
		a := floodAlert("flood", i)
		a.Name = "one"
		alerts = append(alerts, a)
	}
	put(t, l, alerts...)
	same(t, "occurrences", int64(4000), l.Counts().Occurrences)
	for i := range alerts { // changes every row at once
		alerts[i].Count = 2
	}
	put(t, l, alerts...)
	same(t, "occurrences", int64(8000), l.Counts().Occurrences)
	checkBounds(t, l)
}

func TestQuietStoriesGiveWay(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	for i := range 2 * l.limits.groups { // of one namespace, each told at once
		put(t, l, floodAlert("shop", i))
		same(t, "told", 1, len(deliver(t, l)))
	}
	same(t, "coalesced", int64(0), l.Counts().Coalesced)
	checkBounds(t, l)
}

func TestSourcesAreBounded(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	ctx := context.Background()
	keys := []string{"", strings.Repeat("k", 40_000)}
	for i := range 2 * l.limits.sources {
		keys = append(keys, fmt.Sprint("cluster", i))
	}
	for _, key := range keys {
		if err := l.PutSource(ctx, key, map[string]string{"a": "b"}, Lost{}); err != nil {
			t.Fatalf("source %.20q: %v", key, err)
		}
	}
	if err := l.PutSource(ctx, "cluster0", strings.Repeat("v", maxSourceRow), Lost{Dropped: map[string]int64{"refused": 2}}); err != nil {
		t.Fatal(err)
	}
	var v map[string]string
	if found, err := l.Source("cluster0", &v); err != nil || !found {
		t.Errorf("source: found %v, error %v", found, err)
	}
	if found, _ := l.Source(fmt.Sprint("cluster", 2*l.limits.sources-1), &v); found {
		t.Error("a source too many is remembered")
	}
	same(t, "dropped of a source that is not remembered", int64(2), l.Counts().Dropped["refused"])
	checkBounds(t, l)
}

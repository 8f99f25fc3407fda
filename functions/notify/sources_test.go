package notify

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/ledger"
)

func status(boot string, seq uint64, change func(*wire.Status)) sourceStatus {
	s := sourceStatus{Cluster: "pi", Status: wire.Status{
		Boot: boot, Sequence: seq, Origin: wire.OriginWatch, IntervalSeconds: 60, Connected: true, Complete: true,
	}}
	if change != nil {
		change(&s.Status)
	}
	return s
}

// TestGaps walks a source through its life; every step waits, then reports.
func TestGaps(t *testing.T) {
	disconnected := func(s *wire.Status) { s.Connected = false }
	audit := func(s *wire.Status) { s.Origin, s.Complete = wire.OriginAudit, false }
	listing := func(s *wire.Status) { s.Complete = false }
	refusedFor := func(d time.Duration) func(*wire.Status) {
		return func(s *wire.Status) { s.SinkDownSeconds = int(d / time.Second) }
	}
	type step struct {
		wait time.Duration
		st   sourceStatus
	}
	for _, tc := range []struct {
		name  string
		steps []step
		gaps  int
	}{
		{"first start", []step{{0, status("a", 1, nil)}}, 0},
		{"restart within the TTL", []step{{0, status("a", 1, nil)}, {59 * time.Minute, status("b", 1, nil)}}, 0},
		{"restart after the TTL", []step{{0, status("a", 1, nil)}, {61 * time.Minute, status("b", 1, nil)}}, 1},
		{"the function heard nothing, the source was away", []step{{0, status("a", 1, nil)}, {61 * time.Minute, status("a", 2, nil)}}, 1},
		{"API server away for longer than the TTL", []step{
			{0, status("a", 1, nil)},
			{30 * time.Minute, status("a", 2, disconnected)},
			{30 * time.Minute, status("a", 3, disconnected)},
			{5 * time.Minute, status("a", 4, nil)},
		}, 1},
		{"killed before it said that it was connected", []step{{0, status("a", 1, disconnected)}, {61 * time.Minute, status("b", 1, nil)}}, 1},
		{"API server away for less", []step{{0, status("a", 1, nil)}, {30 * time.Minute, status("a", 2, disconnected)}, {20 * time.Minute, status("a", 3, nil)}}, 0},
		{"a repeat is not news", []step{{0, status("a", 5, nil)}, {61 * time.Minute, status("a", 5, nil)}}, 0},
		{"audit entry restarted at once", []step{{0, status("a", 1, audit)}, {2 * time.Minute, status("b", 1, audit)}}, 0},
		{"audit entry away for longer than the API server repeats", []step{{0, status("a", 1, audit)}, {3 * time.Minute, status("b", 1, audit)}}, 1},
		{"audit entry that lives on is no gap", []step{{0, status("a", 1, audit)}, {3 * time.Hour, status("a", 2, audit)}}, 0},
		{"the sink takes statuses, but no Events for longer than the TTL", []step{
			{0, status("a", 1, nil)}, {31 * time.Minute, status("a", 2, refusedFor(30*time.Minute))},
			{31 * time.Minute, status("a", 3, refusedFor(61*time.Minute))}, {time.Minute, status("a", 4, nil)}, {time.Minute, status("a", 5, nil)},
		}, 1},
		{"nor when it takes a few between two such times", []step{
			{0, status("a", 1, nil)}, {40 * time.Minute, status("a", 2, refusedFor(40*time.Minute))},
			{40 * time.Minute, status("a", 3, refusedFor(10*time.Minute))}, {time.Minute, status("a", 4, nil)},
		}, 1},
		{"the sink takes no Events for less", []step{
			{0, status("a", 1, nil)}, {40 * time.Minute, status("a", 2, refusedFor(39*time.Minute))}, {10 * time.Minute, status("a", 3, nil)},
		}, 0},
		{"the sink takes Events between the statuses", []step{
			{0, status("a", 1, nil)}, {40 * time.Minute, status("a", 2, refusedFor(time.Second))},
			{40 * time.Minute, status("a", 3, refusedFor(time.Second))}, {10 * time.Minute, status("a", 4, nil)},
		}, 0},
		{"a source restarts while the sink takes no Events", []step{
			{0, status("a", 1, nil)}, {40 * time.Minute, status("a", 2, refusedFor(40*time.Minute))},
			{10 * time.Minute, status("b", 1, listing)}, {20 * time.Minute, status("b", 2, nil)},
		}, 1},
		{"a later list takes long", []step{
			{0, status("a", 1, nil)}, {40 * time.Minute, status("a", 2, listing)}, {40 * time.Minute, status("a", 3, nil)},
		}, 0},
		{"first word of a source that waited for its sink", []step{{0, status("a", 1, refusedFor(3*time.Hour))}, {time.Minute, status("a", 2, nil)}}, 0},
		{"audit is judged by itself", []step{{0, status("a", 1, nil)}, {61 * time.Minute, status("b", 1, audit)}}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, nil)
				defer func() { _ = h.l.Close() }()
				for _, s := range tc.steps {
					time.Sleep(s.wait)
					if err := h.f.sources.observe(s.st); err != nil {
						t.Fatal(err)
					}
				}
				if got := h.l.Notices().Gaps; len(got) != tc.gaps {
					t.Errorf("gaps %+v, want %d", got, tc.gaps)
				}
			})
		})
	}
}

func TestGapIsFoundAcrossARestartOfTheFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		if err := h.f.sources.observe(status("a", 1, nil)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Minute)
		if err := h.l.Touch(); err != nil {
			t.Fatal(err)
		}
		if err := h.l.Close(); err != nil {
			t.Fatal(err)
		}
		l, err := ledger.Open(h.f.cfg.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		f := New(h.f.cfg, l, single(new(fakeChannel)))
		if err := f.sources.observe(status("b", 1, nil)); err != nil {
			t.Fatal(err)
		}
		if got := l.Notices().Gaps; len(got) != 1 || got[0].Why != ledger.GapSourceDown {
			t.Errorf("gaps %+v, want one of the source", got)
		}
	})
}

func TestSourceLossesAreCountedOnce(t *testing.T) {
	h := newHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	refused := func(n uint64) func(*wire.Status) {
		return func(s *wire.Status) {
			s.Refused = map[string]uint64{"bad_request": n}
			s.Dropped = map[string]uint64{"Not A Label\n": 1}
		}
	}
	for _, st := range []sourceStatus{
		status("a", 1, nil), status("a", 2, refused(3)), status("a", 2, refused(3)), status("a", 3, refused(5)),
		status("b", 1, nil), status("b", 2, refused(1)),
	} {
		if err := h.f.sources.observe(st); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int64{"refused_bad_request": 6, "source_other": 2}
	if diff := cmp.Diff(want, h.l.Counts().Dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

// TestStatusThatCannotBeKept: nothing of it is remembered, so it is refused until
// it is on disk, and counted once.
func TestStatusThatCannotBeKept(t *testing.T) {
	h := newHarness(t, nil)
	lossy := status("a", 1, func(s *wire.Status) { s.Dropped = map[string]uint64{"malformed": 3} })
	if err := h.l.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.f.sources.observe(status("a", 1, nil)); err == nil {
			t.Fatal("a status is taken that is not on disk")
		}
	}
	l, err := ledger.Open(h.f.cfg.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	h.f.sources.ledger = l
	for range 2 {
		if err := h.f.sources.observe(lossy); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int64{"source_malformed": 3}, l.Counts().Dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

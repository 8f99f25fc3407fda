package ledger

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// oldFile is a ledger as the program wrote it that knew one route, recorded
// from it: told-0 waits for its repeat interval, new-0 is due, of well-0 a hold
// runs, of ended-0 it was told that it is over.
func oldFile(t *testing.T) Config {
	t.Helper()
	cfg := testConfig(tempDir(t))
	in, err := os.Open("testdata/version1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Dir, fileName), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestOldFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oldFile(t)
		l := open(t, cfg)
		same(t, "clock", Time(65*time.Second), l.Now())
		same(t, "totals", map[string]int64{"told-0": 7, "new-0": 4, "well-0": 2, "ended-0": 2}, totals(t, l))
		same(t, "counts", Counts{Occurrences: 15, CardsSent: 2, Dropped: map[string]int64{"refused": 10}}, l.Counts())
		n := l.Notices()
		same(t, "notices", []int64{8, 2, 10}, []int64{int64(len(n.Gaps)), n.MoreGaps, n.Dropped["refused"]})
		if _, ok := l.Offline(route); !ok {
			t.Error("the outage is forgotten")
		}
		again := podEvent("told-0", "Warning", "FailedScheduling")
		again.EventName, again.EventUID, again.Count = "told-0.1", "u-told-0", 7
		put(t, l, again)
		same(t, "what was taken adds nothing", int64(7), totals(t, l)["told-0"])

		time.Sleep(5 * time.Second)
		same(t, "due at first", map[string]alert.State{"new-0": alert.Firing}, states(t, l))
		deliver(t, l)
		same(t, "notices were told", true, l.Notices().Empty())
		time.Sleep(55 * time.Second)
		same(t, "over", map[string]alert.State{"well-0": alert.Recovered}, states(t, l))
		deliver(t, l)
		time.Sleep(58 * time.Minute)
		same(t, "repeated", map[string]alert.State{"told-0": alert.Firing}, states(t, l))
	})
}

// TestOldFileOnNewRoutes shows what becomes of a backlog when routes are named.
func TestOldFileOnNewRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, cfg: oldFile(t)}
		s.l = open(t, s.cfg, WithRoutes("a", route))
		time.Sleep(2 * time.Hour)
		same(t, "where the old route stays", map[string]alert.State{"told-0": alert.Firing, "new-0": alert.Firing, "well-0": alert.Recovered}, states(t, s.l))
		s.want("no other hears of it")
		s.happens(1, Report{Routes: []string{"a"}})
		time.Sleep(s.cfg.GroupWait)
		s.want("but of what comes", "a:1")
	})
}

// states is what is due on the default route by its folded name.
func states(t *testing.T, l *Ledger) map[string]alert.State {
	t.Helper()
	out := map[string]alert.State{}
	for _, g := range due(t, l) {
		out[g.Folded] = g.State
	}
	return out
}

// oldRow is what the program that wrote testdata/version1.db.gz reads of a row.
// Its version knows no fields but adds no meaning to others, so a file may go
// back to it: what it does not know it leaves out where it writes.
type oldRow struct {
	Group     alert.Group `json:"g"`
	Touched   Time        `json:"t"`
	Namespace uint32      `json:"n"`
	HealAt    Time        `json:"h,omitempty"`
	Hold      Time        `json:"w,omitempty"`
	Flaps     bool        `json:"f,omitempty"`
	Routes    map[string]struct {
		Due  Time `json:"d,omitempty"`
		Sent Time `json:"s,omitempty"`
		Told bool `json:"k,omitempty"`
		Well bool `json:"w,omitempty"`
		Mute bool `json:"m,omitempty"`
	} `json:"r,omitempty"`
}

// TestOldProgramReadsRows shows that the old program finds in each new row what
// it needs, and that a new row without the new things is an old row.
func TestOldProgramReadsRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t)
		all := Report{
			Routes: []string{"a", "b"}, MutedFor: time.Hour, Repeat: 2 * time.Hour,
			Min: alert.MinCount{N: 2, Within: time.Minute},
		}
		s.happens(1, all) // held back
		first := readOld(t, s.l)
		same(t, "routes of what is held back", []int64{0, 0}, []int64{int64(first.Routes["a"].Due), int64(first.Routes["b"].Due)})
		s.happens(1, all)
		groups, err := s.l.Groups()
		if err != nil {
			t.Fatal(err)
		}
		s.mark("b", groups, "om_1")
		row := readOld(t, s.l)
		want := groups[0]
		want.Delivered, want.Refs, want.Routes, want.Fingerprint = map[string]int64{"b": 2}, nil, nil, alert.Fingerprint{}
		same(t, "group", want, row.Group)
		same(t, "a waits", Time(time.Hour), row.Routes["a"].Due)
		same(t, "b was told", []bool{true, false}, []bool{row.Routes["b"].Told, row.Routes["b"].Well})
	})
	synctest.Test(t, func(t *testing.T) {
		l := open(t, testConfig(tempDir(t)))
		put(t, l, event("shop", "web-0", "u", 3))
		time.Sleep(5 * time.Second)
		deliver(t, l)
		raw := readRaw(t, l)
		var row oldRow
		if err := json.Unmarshal(raw, &row); err != nil {
			t.Fatal(err)
		}
		again, err := encodeRow(nil, row)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "bytes", string(again[5:]), string(raw))
	})
}

func readOld(t *testing.T, l *Ledger) (row oldRow) {
	t.Helper()
	if err := json.Unmarshal(readRaw(t, l), &row); err != nil {
		t.Fatal(err)
	}
	return row
}

// readRaw is the body of the one group's row.
func readRaw(t *testing.T, l *Ledger) (body []byte) {
	t.Helper()
	err := l.view(func(tx *bolt.Tx) error {
		if v := readVersion(tx); v != 1 {
			t.Errorf("the file has version %d, which the old program refuses", v)
		}
		return tx.Bucket(bucketGroups).ForEach(func(k, v []byte) (err error) {
			raw, err := unseal(k, v)
			body = append([]byte(nil), raw...)
			return err
		})
	})
	if err != nil || body == nil {
		t.Fatal(body, err)
	}
	return body
}

package ledger

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// filled makes a ledger with a few stories and closes it.
func filled(t *testing.T) (cfg Config, path string) {
	t.Helper()
	cfg = testConfig(tempDir(t))
	l := open(t, cfg)
	for i := range 200 {
		put(t, l, numbered("shop", i%20, i))
	}
	if err := l.PutSource(context.Background(), "edge/watch", map[string]int{"a": 1}, Lost{}); err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	return cfg, l.path()
}

func aside(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, fileName+".damaged-*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestDamagedFileIsMovedAsideAndTold(t *testing.T) {
	t.Parallel()
	overwrite := func(from, to int64, with byte) func(*testing.T, []byte) []byte {
		return func(_ *testing.T, b []byte) []byte {
			for i := from; i < min(to, int64(len(b))); i++ {
				b[i] = with
			}
			return b
		}
	}
	for name, damage := range map[string]func(*testing.T, []byte) []byte{
		"empty":             func(*testing.T, []byte) []byte { return nil },
		"cut in a page":     func(_ *testing.T, b []byte) []byte { return b[:3*pageSize+100] },
		"cut to its metas":  func(_ *testing.T, b []byte) []byte { return b[:2*pageSize] },
		"zeroed":            overwrite(0, 1<<30, 0),
		"zeroed but metas":  overwrite(2*pageSize, 1<<30, 0),
		"both metas ones":   overwrite(0, 2*pageSize, 0xff),
		"all but metas":     overwrite(2*pageSize, 1<<30, 0xff),
		"one byte in a row": flipInRow,
		"not a ledger":      func(*testing.T, []byte) []byte { return []byte(strings.Repeat("hello\n", 10_000)) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg, path := filled(t)
			was, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			broken := damage(t, was)
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			last := day.Add(-time.Hour)
			if err := os.Chtimes(path, last, last); err != nil {
				t.Fatal(err)
			}
			l := open(t, cfg, WithCheck(checkInChild), WithWallClock(func() time.Time { return day }))
			same(t, "gap", []Gap{{From: last, To: day, Why: GapLedgerDamaged}}, l.Notices().Gaps)
			names := aside(t, cfg.Dir)
			if len(names) != 1 {
				t.Fatalf("moved aside: %v", names)
			}
			kept, err := os.ReadFile(names[0])
			if err != nil {
				t.Fatal(err)
			}
			if string(kept) != string(broken) {
				t.Error("what was moved aside is not what was there")
			}
			put(t, l, event("shop", "web-0", "a", 1))
			closeLedger(t, l)
			l = open(t, cfg, WithCheck(checkInChild))
			same(t, "after a restart", map[string]int64{"web-0": 1}, totals(t, l))
			same(t, "gaps after a restart", 1, len(l.Notices().Gaps))
			same(t, "moved aside in all", 1, len(aside(t, cfg.Dir)))
		})
	}
}

// flipInRow changes one byte of a message.
func flipInRow(t *testing.T, b []byte) []byte {
	t.Helper()
	s := string(b)
	n := 0
	for at := strings.Index(s, "restarting"); at >= 0 && n < 1000; n++ {
		b[at] ^= 1
		next := strings.Index(s[at+1:], "restarting")
		if next < 0 {
			break
		}
		at += 1 + next
	}
	if n == 0 {
		t.Fatal("no row found")
	}
	return b
}

// TestAnyBytesChanged puts random bytes in random places: a start never fails
// and never crashes, and what is there afterwards is sound.
func TestAnyBytesChanged(t *testing.T) {
	t.Parallel()
	cfg, path := filled(t)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	used := 60 * pageSize
	for round := range 12 {
		broken := append([]byte(nil), sound...)
		at := r.IntN(used)
		for i := at; i < min(at+1+r.IntN(pageSize), len(broken)); i++ {
			broken[i] = byte(r.Uint32())
		}
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(cfg, quiet(), WithCheck(checkInChild))
		if err != nil {
			t.Fatalf("seed %d round %d: %v", seed, round, err)
		}
		groups, err := l.Groups()
		if err != nil || (len(groups) != 20 && len(l.Notices().Gaps) == 0) {
			t.Errorf("seed %d round %d: %d groups, gaps %v, error %v", seed, round, len(groups), l.Notices().Gaps, err)
		}
		closeLedger(t, l)
	}
	if n := len(aside(t, cfg.Dir)); n > 2 {
		t.Errorf("damaged files kept: %d", n)
	}
}

func TestTornMetaPageIsSurvived(t *testing.T) {
	for page := range int64(2) {
		cfg, path := filled(t)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(make([]byte, 512), page*pageSize); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		l := open(t, cfg, WithCheck(checkInChild))
		same(t, fmt.Sprint("groups without meta page ", page), 20, l.Stats().Groups)
		put(t, l, numbered("shop", 30, 1000))
		same(t, "gaps", 1, len(l.Notices().Gaps))
		closeLedger(t, l)
	}
}

func TestNewerVersionIsRefused(t *testing.T) {
	cfg, path := filled(t)
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket(bucketGroups); err != nil { // as a newer version may
			return err
		}
		return tx.Bucket(bucketMeta).Put(keyVersion, binary.BigEndian.AppendUint64(nil, version+1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(cfg, quiet(), WithCheck(checkInChild))
	if err == nil || !contains(err, "version 2") || !contains(err, "DATA_DIR") {
		t.Errorf("want a refusal that names the version, got %v", err)
	}
	if n := aside(t, cfg.Dir); len(n) > 0 {
		t.Errorf("moved aside: %v", n)
	}
}

func TestUncheckedFileStays(t *testing.T) {
	cfg, path := filled(t)
	_, err := Open(cfg, quiet(), WithCheck(func(string) error { return fmt.Errorf("%w: killed", ErrUnchecked) }))
	if err == nil || !contains(err, "killed") {
		t.Errorf("want an error, got %v", err)
	}
	if _, err := os.Stat(path); err != nil || len(aside(t, cfg.Dir)) > 0 {
		t.Errorf("the file was moved: %v", err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	cfg := testConfig(tempDir(t))
	open(t, cfg)
	_, err := Open(cfg, quiet())
	if err == nil || !contains(err, "only one notify") {
		t.Errorf("want a refusal, got %v", err)
	}
}

// TestRowsThatRotWhileOpen changes rows behind the ledger's back: their stories
// begin anew and are counted as lost, and nothing is stuck.
func TestRowsThatRotWhileOpen(t *testing.T) {
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	l := open(t, cfg)
	put(t, l, event("shop", "web-0", "a", 3), event("shop", "db-0", "b", 1), event("shop", "cache-0", "c", 1))
	rot := func(bucket, key []byte) {
		t.Helper()
		err := l.db.Update(func(tx *bolt.Tx) error {
			raw := append([]byte(nil), tx.Bucket(bucket).Get(key)...)
			raw[len(raw)-1] ^= 1
			return tx.Bucket(bucket).Put(key, raw)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	web, db := event("shop", "web-0", "a", 3), event("shop", "db-0", "b", 1)
	for _, a := range []struct{ bucket, key []byte }{{bucketGroups, fp(web)}, {bucketGroups, fp(db)}, {bucketSeen, seenKey(web)}} {
		rot(a.bucket, a.key)
	}
	put(t, l, web) // not recognised, and its group is gone
	same(t, "due", 2, len(due(t, l)))
	same(t, "due", 2, len(deliver(t, l)))
	same(t, "due", 0, len(due(t, l)))
	same(t, "dropped", map[string]int64{DroppedDamaged: 2}, l.Counts().Dropped)
	same(t, "possible duplicates", int64(1), l.Counts().PossibleDuplicates)
	checkCensus(t, l)
}

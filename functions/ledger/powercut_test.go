package ledger

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/edgebell/edgebell/functions/alert"
)

// The power-cut test records what a child does to the ledger's file, and what
// it answered, by strace; then it builds the file as the disk may hold it after
// a power cut at any point: everything up to the last sync, and any of what was
// written since, in sectors of 512 bytes.

var (
	cutRounds = flag.Int("powercut.rounds", max(40/raceFactor, 8), "how many power cuts")
	cutSeed   = flag.Uint64("powercut.seed", 0, "seed of the power cuts; 0 draws one")
)

const (
	cutSteps  = 40
	noSyncEnv = "EDGEBELL_TEST_NO_SYNC"
)

// cutStep is what the child puts in step i. Replays and recreated Events are
// among it.
func cutStep(i int) (alerts []alert.Alert) {
	for k := range 1 + i%4 {
		a := event("shop", fmt.Sprint("name", (i+k)%7), fmt.Sprint("uid", i/15), int64(i/7+1))
		a.EventName = fmt.Sprint(a.Name, ".", (i+k)%7, i%3)
		a.Message = strings.Repeat("m", (i*311)%2000)
		alerts = append(alerts, a)
	}
	return alerts
}

func init() {
	children["powercut"] = func() int {
		cfg := testConfig(os.Getenv("DATA_DIR"))
		cfg.GroupWait, cfg.RepeatInterval = 0, 0
		acks, err := os.OpenFile(filepath.Join(cfg.Dir, "acks"), os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return childFailed("%v", err)
		}
		l, err := Open(cfg, func(l *Ledger) { l.noSync = os.Getenv(noSyncEnv) != "" })
		if err != nil {
			return childFailed("%v", err)
		}
		ctx := context.Background()
		for i := range cutSteps {
			if err := l.Put(ctx, cutStep(i)); err != nil {
				return childFailed("%v", err)
			}
			if _, err := fmt.Fprintf(acks, "ack %d;", i); err != nil {
				return childFailed("%v", err)
			}
			if i%5 != 4 {
				continue
			}
			groups, err := l.Due(route)
			if err != nil || len(groups) == 0 {
				return childFailed("due: %d %v", len(groups), err)
			}
			if err := l.Delivered(ctx, route, []Mark{MarkOf(groups[0])}, Notices{}); err != nil {
				return childFailed("%v", err)
			}
			if _, err := fmt.Fprintf(acks, "told %s %d;", groups[0].Folded, groups[0].Total); err != nil {
				return childFailed("%v", err)
			}
		}
		return 0 // without Close: power goes away without notice, too
	}
}

// TestFailedSyncs lets every fifth fdatasync fail, those of bbolt's meta pages
// among them.
func TestFailedSyncs(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: syncs cannot be made to fail")
	}
	cmd := exec.Command(strace, "-f", "-o", os.DevNull, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=9+5", os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=failedsyncs", "DATA_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil && strings.Contains(strings.ToLower(string(out)), "ptrace"):
		t.Skipf("strace may not trace here: %s", out)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	}
}

func init() {
	children["failedsyncs"] = func() int {
		cfg := testConfig(os.Getenv("DATA_DIR"))
		l, err := Open(cfg, quiet())
		if err != nil {
			return childFailed("%v", err)
		}
		failures := 0
		for i := range cutSteps {
			for tries := 0; ; tries++ {
				if err = l.Put(context.Background(), cutStep(i)); err == nil {
					break
				}
				if failures++; tries > 5 || !errors.Is(err, unix.EIO) {
					return childFailed("put %d: %v", i, err)
				}
			}
		}
		if failures < cutSteps/5 {
			return childFailed("only %d syncs failed", failures)
		}
		have, rows, occurrences := l.have, len(l.index), l.Counts().Occurrences
		if err := l.reload(); err != nil {
			return childFailed("%v", err)
		}
		if fmt.Sprint(have) != fmt.Sprint(l.have) || rows != len(l.index) || occurrences != l.Counts().Occurrences {
			return childFailed("memory and disk differ: %v %d %d, %v %d %d", have, rows, occurrences, l.have, len(l.index), l.Counts().Occurrences)
		}
		var sum, want int64
		groups, err := l.Groups()
		for _, g := range groups {
			sum += g.Total
		}
		for _, n := range cutTotals() {
			want += n
		}
		if sum != want || err != nil {
			return childFailed("occurrences: want %d, got %d, error %v", want, sum, err)
		}
		return 0
	}
}

// cutTotals is what all steps come to, by the rules for counts alone.
func cutTotals() map[string]int64 {
	m := &model{cfg: testConfig(""), groups: map[string]*modelStory{}, seen: map[string]*modelSeen{}}
	out := map[string]int64{}
	for i := range cutSteps {
		for _, a := range cutStep(i) {
			m.put(Trouble(a))
		}
	}
	for name, g := range m.groups {
		out[name] = g.total
	}
	return out
}

// cut builds the file after a power cut behind op number at.
func cut(before []byte, ops []op, at int, r *rand.Rand) []byte {
	const sector = 512
	disk := bytes.Clone(before)
	synced := 0
	for i, o := range ops[:at] {
		if o.kind == 's' {
			synced = i
		}
	}
	style := r.IntN(4)
	for i, o := range ops[:at] {
		if o.kind != 'w' {
			continue
		}
		switch {
		case i < synced, style == 0: // style 0: all of it arrived
			copy(disk[o.off:], o.data)
		case style == 1: // none
		case style == 2: // whole writes
			if r.IntN(2) == 0 {
				copy(disk[o.off:], o.data)
			}
		default: // sectors
			for s := 0; s < len(o.data); s += sector {
				if r.IntN(2) == 0 {
					copy(disk[o.off+int64(s):], o.data[s:min(s+sector, len(o.data))])
				}
			}
		}
	}
	return disk
}

// survives opens what the power cut left, and says what is wrong with it.
func survives(t *testing.T, disk []byte, ops []op, want []map[string]int64) error {
	t.Helper()
	cfg := testConfig(tempDir(t))
	cfg.GroupWait = 0
	if err := os.WriteFile(filepath.Join(cfg.Dir, fileName), disk, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(cfg, quiet(), WithCheck(checkInChild))
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() { _ = l.Close() }()
	if n := l.Notices(); !n.Empty() {
		return fmt.Errorf("the file was found damaged: %+v", n)
	}
	acked, told := -1, map[string]int64{}
	for _, o := range ops {
		var name string
		var total int64
		switch {
		case o.kind != 'a':
		case strings.HasPrefix(o.text, "ack"):
			acked++
		default:
			if _, err := fmt.Sscanf(strings.TrimSuffix(o.text, ";"), "told %s %d", &name, &total); err != nil {
				t.Fatal(err)
			}
			told[name] = total
		}
	}
	// What was answered is there; what was not is, or is not.
	have, next := want[acked+1], min(acked+2, cutSteps)
	if got := totals(t, l); fmt.Sprint(got) != fmt.Sprint(have) && fmt.Sprint(got) != fmt.Sprint(want[next]) {
		return fmt.Errorf("%d puts were answered: want %v, got %v", acked+1, have, got)
	}
	groups, err := l.Groups()
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g.Delivered[route] < told[g.Folded] {
			return fmt.Errorf("%s was marked at %d, is at %d", g.Folded, told[g.Folded], g.Delivered[route])
		}
	}
	// The sender repeats what was not answered, and more.
	for i := max(next-3, 0); i < next; i++ {
		if err := l.Put(context.Background(), cutStep(i)); err != nil {
			return err
		}
	}
	if got := totals(t, l); fmt.Sprint(got) != fmt.Sprint(want[next]) {
		return fmt.Errorf("after the sender's repetition: want %v, got %v", want[next], got)
	}
	return nil
}

// uncut are the totals after so many steps without a power cut.
func uncut(t *testing.T) []map[string]int64 {
	t.Helper()
	l := open(t, testConfig(tempDir(t)))
	out := []map[string]int64{{}}
	for i := range cutSteps {
		put(t, l, cutStep(i)...)
		out = append(out, totals(t, l))
	}
	if d := cmp.Diff(cutTotals(), out[cutSteps]); d != "" {
		t.Errorf("model and ledger (-want +got):\n%s", d)
	}
	return out
}

func cutRand(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *cutSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-powercut.seed=%d -powercut.rounds=%d", seed, *cutRounds)
	return rand.New(rand.NewPCG(seed, seed))
}

func TestPowerCut(t *testing.T) {
	t.Parallel()
	before, ops := record(t, false)
	var writes, syncs, answers int
	for _, o := range ops {
		switch o.kind {
		case 'w':
			writes++
		case 's':
			syncs++
		default:
			answers++
		}
	}
	t.Logf("recorded: %d writes, %d syncs, %d answers", writes, syncs, answers)
	if answers != cutSteps+cutSteps/5 || syncs < 2*answers*3/4 {
		t.Fatal("the record is not whole")
	}
	r, want := cutRand(t), uncut(t)
	for round := range *cutRounds {
		at := r.IntN(len(ops) + 1)
		if err := survives(t, cut(before, ops, at, r), ops[:at], want); err != nil {
			t.Fatalf("round %d, cut behind operation %d of %d: %v", round, at, len(ops), err)
		}
	}
}

// TestPowerCutSeesALostSync shows that the test above can fail: without syncs
// it does.
func TestPowerCutSeesALostSync(t *testing.T) {
	t.Parallel()
	before, ops := record(t, true)
	for _, o := range ops {
		if o.kind == 's' {
			t.Fatal("there was a sync")
		}
	}
	r, want := cutRand(t), uncut(t)
	for range 40 {
		at := len(ops)/2 + r.IntN(len(ops)/2)
		if err := survives(t, cut(before, ops, at, r), ops[:at], want); err != nil {
			t.Logf("found, as it should be: %.200v", err)
			return
		}
	}
	t.Error("no loss was found in 40 power cuts without a single sync")
}

package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// numbered is the i-th Event of a story.
func numbered(namespace string, story, i int) alert.Alert {
	a := event(namespace, fmt.Sprintf("story-%d-x", story), fmt.Sprint("uid-", namespace, i), 1)
	a.EventName = fmt.Sprintf("%s.%016x", a.Name, int64(0x17a1b2c3d4e5f607)+int64(i)<<30)
	return a
}

// hold keeps the writer busy until the returned function is called.
func hold(t *testing.T, l *Ledger) (release func()) {
	t.Helper()
	holding, free, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- l.do(change(context.Background(), func(*transaction) error {
			close(holding)
			<-free
			return nil
		}))
	}()
	<-holding
	return func() {
		close(free)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// waitFor returns when n requests wait for the writer.
func waitFor(t *testing.T, l *Ledger, n int) {
	t.Helper()
	for range 1_000_000 {
		if len(l.requests) == n {
			return
		}
		runtime.Gosched()
	}
	t.Fatalf("%d requests wait, want %d", len(l.requests), n)
}

func TestConcurrentPutsShareCommits(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	release := hold(t, l)
	const puts = 100
	var wg sync.WaitGroup
	errs := make(chan error, puts)
	for i := range puts {
		wg.Go(func() { errs <- l.Put(context.Background(), []alert.Alert{numbered("shop", i%5, i)}) })
	}
	waitFor(t, l, puts)
	before := txID(t, l)
	release()
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if n := l.Counts().Occurrences; n != puts {
		t.Errorf("occurrences: want %d, got %d", puts, n)
	}
	if n := txID(t, l) - before; n != 1 { // that which holds changes nothing
		t.Errorf("transactions: want 1 for %d puts, got %d", puts, n)
	}
}

// txID is the number of the last committed transaction.
func txID(t *testing.T, l *Ledger) (id int) {
	t.Helper()
	if err := l.view(func(tx *bolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestOneBadRequestSpoilsNoOther(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	release := hold(t, l)
	bad := map[int]func(*transaction) error{
		3: func(t *transaction) error { // changes something first
			if err := t.put(Trouble(event("shop", "web-0", "poison", 7))); err != nil {
				return err
			}
			return errors.New("no")
		},
		7: func(*transaction) error { panic("poison") },
	}
	const requests = 10
	results := make([]error, requests)
	var wg sync.WaitGroup
	for i := range requests {
		wg.Go(func() {
			if apply := bad[i]; apply != nil {
				results[i] = l.do(change(context.Background(), apply))
				return
			}
			results[i] = l.Put(context.Background(), []alert.Alert{numbered("shop", 0, i)})
		})
	}
	waitFor(t, l, requests)
	release()
	wg.Wait()
	for i, err := range results {
		if (err != nil) != (bad[i] != nil) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	same(t, "occurrences", int64(requests-len(bad)), l.Counts().Occurrences)
	if err := l.Writable(); err != nil {
		t.Errorf("a bad request is no trouble of the disk: %v", err)
	}
	var refused refusedError
	if !errors.As(results[3], &refused) {
		t.Errorf("want a refusal, got %v", results[3])
	}
}

func TestABatchIsAllOrNothing(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	alerts := []alert.Alert{event("shop", "web-0", "a", 1), event("shop", "db-0", "b", 2)}
	err := l.do(&request{ctx: context.Background(), parts: 3, apply: func(t *transaction, _, _ int) error {
		for _, a := range alerts {
			if err := t.put(Trouble(a)); err != nil {
				return err
			}
		}
		return errors.New("the third is bad")
	}})
	if err == nil {
		t.Fatal("no error")
	}
	same(t, "totals", map[string]int64{}, totals(t, l))
	put(t, l, alerts...)
	same(t, "totals", map[string]int64{"web-0": 1, "db-0": 2}, totals(t, l))
}

func TestAContextThatEnded(t *testing.T) {
	l := open(t, testConfig(tempDir(t)))
	release := hold(t, l)
	ctx, cancel := context.WithCancel(context.Background())
	gone, stays := make(chan error), make(chan error)
	go func() { gone <- l.Put(ctx, []alert.Alert{event("shop", "web-0", "a", 1)}) }()
	waitFor(t, l, 1)
	go func() { stays <- l.Put(context.Background(), []alert.Alert{event("shop", "db-0", "b", 1)}) }()
	waitFor(t, l, 2)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("want %v, got %v", context.Canceled, err)
	}
	release()
	if err := <-stays; err != nil {
		t.Error(err)
	}
	same(t, "totals", map[string]int64{"db-0": 1}, totals(t, l))
	if err := l.Put(ctx, []alert.Alert{event("shop", "web-0", "a", 1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("want %v, got %v", context.Canceled, err)
	}
	put(t, l, event("shop", "web-0", "a", 1)) // its sender repeats itself
	same(t, "totals", map[string]int64{"db-0": 1, "web-0": 1}, totals(t, l))
}

func TestCloseAnswersWhoWaits(t *testing.T) {
	cfg := testConfig(tempDir(t))
	l := open(t, cfg)
	release := hold(t, l)
	const puts = 20
	results := make(chan error, puts)
	for i := range puts {
		go func() { results <- l.Put(context.Background(), []alert.Alert{numbered("shop", 0, i)}) }()
	}
	waitFor(t, l, puts)
	closed := make(chan error, 2)
	for range 2 {
		go func() { closed <- l.Close() }()
	}
	release()
	for range puts {
		if err := <-results; err != nil {
			t.Errorf("what was put before Close: %v", err)
		}
	}
	for range 2 {
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}
	for name, call := range map[string]func() error{
		"Put":      func() error { return l.Put(context.Background(), []alert.Alert{numbered("shop", 0, 99)}) },
		"Touch":    l.Touch,
		"Writable": l.Writable,
	} {
		if err := call(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: want %v, got %v", name, ErrClosed, err)
		}
	}
	l = open(t, cfg)
	same(t, "totals", map[string]int64{"story-0-x": puts}, totals(t, l))
}

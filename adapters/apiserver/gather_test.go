package apiserver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

// TestStreamIsGathered: an Event after a quiet spell goes at once; what follows
// closely goes together, so that a storm costs few commits.
func TestStreamIsGathered(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k, deliveries := apiservertest.New(), &taker{}, 0
		k.each = func() { deliveries++ }
		start(t, srv, k, apiserver.Config{})
		pass(time.Second)
		srv.Add(some(0, 1)...)
		synctest.Wait()
		if k.posted() != 1 {
			t.Fatalf("%d posted without time passing, want the first at once", k.posted())
		}
		for i := range 200 { // 200 ms
			srv.Add(some(1+i, 1)...)
			pass(time.Millisecond)
		}
		pass(20 * time.Millisecond)
		if k.posted() != 201 {
			t.Errorf("%d posted, want all 201 within 20 ms of the last", k.posted())
		}
		if deliveries > 12 {
			t.Errorf("%d deliveries in 220 ms, want them 20 ms apart", deliveries)
		}
	})
}

// TestNothingIsReadInTheLull: what follows a delivery closely waits in the
// connection, and so costs no wake-up of its own.
func TestNothingIsReadInTheLull(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		src, _ := start(t, srv, k, apiserver.Config{})
		pass(time.Second)
		for i := range 10 {
			srv.Add(some(i, 1)...)
			pass(time.Millisecond)
		}
		if n := src.Stats().Read; n > 2 || k.posted() != 1 {
			t.Errorf("%d read and %d posted within 10 ms, want the first, and one in hand", n, k.posted())
		}
		pass(20 * time.Millisecond)
		if k.posted() != 10 || len(k.batches) != 2 {
			t.Errorf("%d posted in batches of %v, want the other 9 together", k.posted(), k.batches)
		}
	})
}

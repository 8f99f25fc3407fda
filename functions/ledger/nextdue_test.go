package ledger

import (
	"context"
	"fmt"
	"testing"

	"github.com/edgebell/edgebell/functions/alert"
)

// full is a ledger that holds n stories, each due on so many routes.
func full(t testing.TB, n, routes int) *Ledger {
	t.Helper()
	cfg := testConfig(tempDir(t))
	cfg.MaxBytes = 128 << 20
	var names []string
	for i := range routes {
		names = append(names, fmt.Sprint("route", i))
	}
	l := open(t, cfg, WithRoutes(names...))
	batch := make([]alert.Alert, 0, n)
	for i := range n {
		batch = append(batch, numbered(fmt.Sprint("ns", i%50), i, i))
	}
	put(t, l, batch...)
	if got := l.Stats().Groups; got != n {
		t.Fatalf("%d groups, want %d", got, n)
	}
	return l
}

// BenchmarkWake is what a commit costs beside the disk: each route looks for
// what is due next.
func BenchmarkWake(b *testing.B) {
	for _, routes := range []int{1, 4} {
		b.Run(fmt.Sprint("routes=", routes), func(b *testing.B) {
			l := full(b, 5000, routes)
			b.ResetTimer()
			for range b.N {
				for _, route := range l.routes {
					if _, ok := l.NextDue(route); !ok {
						b.Fatal("nothing is due")
					}
				}
			}
		})
	}
}

// BenchmarkCommit is a commit of one occurrence and the look that follows it.
func BenchmarkCommit(b *testing.B) {
	for _, routes := range []int{1, 4} {
		b.Run(fmt.Sprint("routes=", routes), func(b *testing.B) {
			l := full(b, 5000, routes)
			b.ResetTimer()
			for i := range b.N {
				if err := l.Put(context.Background(), []alert.Alert{numbered("ns1", 1, 5001+i)}); err != nil {
					b.Fatal(err)
				}
				for _, route := range l.routes {
					l.NextDue(route)
				}
			}
		})
	}
}

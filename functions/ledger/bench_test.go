package ledger

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/edgebell/edgebell/functions/alert"
)

// safe is Kubernetes' alphabet for what it generates.
const safe = "bcdfghjklmnpqrstvwxz2456789"

// written is how many bytes this process has given to write calls.
func written(b *testing.B) int64 {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/io")
	if err != nil {
		b.Skip(err)
	}
	m := regexp.MustCompile(`wchar: (\d+)`).FindSubmatch(raw)
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// benchPut puts batches of distinct Events of ten stories from so many senders
// into a ledger of the default size on the disk that holds TMPDIR.
func benchPut(b *testing.B, size, senders int) {
	cfg := testConfig(b.TempDir())
	cfg.MaxBytes = 16 << 20
	l := open(b, cfg)
	batches := make(chan []alert.Alert, senders)
	go func() {
		for n := range b.N {
			batch := make([]alert.Alert, size)
			for k := range batch {
				i := n*size + k
				batch[k] = numbered("shop", i%10, i)
				batch[k].Name = fmt.Sprintf("story-%d-7d4b9c6f5-%c%c%cxz", i%10, safe[i%27], safe[i/27%27], safe[i/729%27])
			}
			batches <- batch
		}
		close(batches)
	}()
	tx := func() (id int) {
		_ = l.view(func(tx *bolt.Tx) error { id = tx.ID(); return nil })
		return id
	}
	bytes, commits := written(b), tx()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for batch := range batches {
				if err := l.Put(context.Background(), batch); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	events := float64(b.N * size)
	b.ReportMetric(events/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(written(b)-bytes)/events, "writtenB/event")
	b.ReportMetric(float64(2*(tx()-commits))/events*1000, "fsyncs/1000events")
}

func BenchmarkPut1(b *testing.B)       { benchPut(b, 1, 1) }
func BenchmarkPut1From16(b *testing.B) { benchPut(b, 1, 16) }
func BenchmarkPut100(b *testing.B)     { benchPut(b, 100, 1) }
func BenchmarkReplay100(b *testing.B) {
	l := open(b, testConfig(b.TempDir()))
	batch := make([]alert.Alert, 100)
	for i := range batch {
		batch[i] = numbered("shop", i%10, i)
	}
	put(b, l, batch...)
	bytes := written(b)
	for b.Loop() {
		put(b, l, batch...)
	}
	b.ReportMetric(float64(written(b)-bytes)/float64(b.N*100), "writtenB/event")
	b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "events/s")
}

package main

import (
	"sync"
	"time"
)

// load is Warnings that are written to the real API server at a rate.
type load struct {
	name         string // as it stands in a figure's name
	perSecond, n int
}

// writers is how many writes are open at once. kine on SQLite takes the most
// with about as many; with hundreds they wait for its lock until they time out.
const writers = 16

// pour writes the load's Events, notes each in watch and returns when all are
// answered.
func (b *bench) pour(server *apiServer, l load, watch *stopwatch) error {
	events := b.events.stories(l.n, 200, 0)
	return b.paced(l, writers, func(i int) error {
		began, answered, err := server.write(events[i])
		if err == nil {
			watch.wrote(events[i].Name, began, answered)
		}
		return err
	})
}

// paced calls write for each of the load's Events, by number, when it is due or
// as soon after that as one of so many writers is free, and returns when the
// last call has.
func (b *bench) paced(l load, writers int, write func(i int) error) error {
	due := make(chan int)
	errs := make(chan error, writers)
	var open sync.WaitGroup
	for range writers {
		open.Go(func() {
			for i := range due {
				if err := write(i); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	err := b.feed(l, due, errs)
	close(due)
	open.Wait()
	select {
	case failed := <-errs:
		return failed
	default:
		return err
	}
}

// feed hands out the numbers at the load's rate until a writer fails. What a
// stall has held up for more than a tenth of a second is not made up for, or
// more than the rate would come behind it.
func (b *bench) feed(l load, due chan<- int, errs <-chan error) error {
	t := time.NewTicker(max(time.Second/time.Duration(l.perSecond), time.Millisecond))
	defer t.Stop()
	began := time.Now()
	for next := 0; next < l.n; {
		select {
		case <-b.ctx.Done():
			return b.ctx.Err()
		case err := <-errs:
			return err
		case <-t.C:
		}
		late := int(time.Since(began).Seconds()*float64(l.perSecond)) - next - max(l.perSecond/10, 1)
		if late > 0 {
			began = began.Add(time.Duration(late) * time.Second / time.Duration(l.perSecond))
		}
		for now := min(int(time.Since(began).Seconds()*float64(l.perSecond)), l.n); next < now; next++ {
			select {
			case due <- next:
			case err := <-errs:
				return err
			}
		}
	}
	return nil
}

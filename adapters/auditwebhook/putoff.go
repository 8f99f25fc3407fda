package auditwebhook

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

const (
	// repeatWithin is how long after a 503 the API server must have asked
	// again. Its tries lie at most 51 s apart (initial backoff 10 s, times 1.5
	// four times, jitter 0.2, after Retry-After pauses of 10 s).
	repeatWithin = 90 * time.Second
	// maxPutOff bounds the memory; it is what 270 Events a second make within
	// the API server's patience. Beyond it, what is lost is not counted whole.
	maxPutOff = 1 << 16
)

// putOff remembers the Events that were answered with 503. The API server
// repeats them for up to four minutes and then gives up without telling
// anybody; a restart of it forgets them at once. What is not repeated is lost,
// and this is the only place that can know.
type putOff struct {
	seed maphash.Seed
	max  int

	mu   sync.Mutex
	last map[uint64]time.Time
}

func newPutOff(most int) *putOff {
	return &putOff{seed: maphash.MakeSeed(), max: most, last: map[uint64]time.Time{}}
}

func (p *putOff) key(ev *event.Event) uint64 {
	return maphash.Comparable(p.seed, [2]string{ev.Source(), ev.ID()})
}

// add notes that the events were put off now.
func (p *putOff) add(events []event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for i := range events {
		k := p.key(&events[i])
		if _, known := p.last[k]; known || len(p.last) < p.max {
			p.last[k] = now
		}
	}
}

// settle notes that the sink has the events now.
func (p *putOff) settle(events []event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.last) == 0 {
		return
	}
	for i := range events {
		delete(p.last, p.key(&events[i]))
	}
}

// expire forgets the Events that are not coming again and returns how many.
func (p *putOff) expire() (lost uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for k, last := range p.last {
		if now.Sub(last) > repeatWithin {
			delete(p.last, k)
			lost++
		}
	}
	if len(p.last) == 0 && lost > 0 {
		p.last = map[uint64]time.Time{} // a map never shrinks
	}
	return lost
}

func (p *putOff) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.last)
}

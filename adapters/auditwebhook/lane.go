package auditwebhook

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// postTimeout is what one try at the sink may take. It is below answerTime, so
// that who waits for it learns how it ended.
const postTimeout = 4 * time.Second

// maxRound is how many events of different requests are posted together.
const maxRound = 100

// Sink takes events. Post makes one try: nil says that each was accepted or
// refused for good, an error that they must be sent again.
type Sink interface {
	Post(ctx context.Context, events []event.Event) error
}

// lane is the one way to the sink. Requests that come while a post is under way
// wait and go together in the next one, so a burst costs the sink few requests
// and the node few connections. During an outage one post at a time tries, and
// all others are told at once: the API server repeats what was put off, and
// thousands of such requests must not pile up here.
type lane struct {
	sink Sink

	mu      sync.Mutex
	waiting []*rider
	busy    bool
	outage  error
}

// rider is a request's events, waiting for their outcome.
type rider struct {
	ctx    context.Context
	events []event.Event
	done   chan error
}

// deliver returns nil when the sink owns the events or refuses them for good.
func (l *lane) deliver(ctx context.Context, events []event.Event) error {
	r := &rider{ctx: ctx, events: events, done: make(chan error, 1)}
	if err := l.join(r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *lane) join(r *rider) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.outage != nil && l.busy {
		return l.outage
	}
	l.waiting = append(l.waiting, r)
	if !l.busy {
		l.busy = true
		go l.drain()
	}
	return nil
}

func (l *lane) drain() {
	for {
		riders, events := l.take()
		if len(riders) == 0 || !l.settle(riders, l.post(events)) {
			return
		}
	}
}

// take removes those who ride in the next post; without any the lane rests.
// Who has gone away was told to send again and is left out.
func (l *lane) take() (riders []*rider, events []event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for ; n < len(l.waiting); n++ {
		r := l.waiting[n]
		if r.ctx.Err() != nil {
			continue
		}
		if len(riders) > 0 && len(events)+len(r.events) > maxRound {
			break
		}
		riders, events = append(riders, r), append(events, r.events...)
	}
	l.waiting = append([]*rider(nil), l.waiting[n:]...)
	l.busy = len(riders) > 0
	return riders, events
}

func (l *lane) post(events []event.Event) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), postTimeout, fmt.Errorf("no answer within %s", postTimeout))
	defer cancel()
	return l.sink.Post(ctx, events)
}

var errDown = errors.New("the sink does not take events now")

// settle answers the riders and says whether the lane goes on. After a failed
// post it rests at once, for whoever hears of that may be the next to try.
func (l *lane) settle(riders []*rider, err error) (on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outage = nil
	if err != nil {
		l.outage = fmt.Errorf("%w: %w", errDown, err)
		riders, l.waiting, l.busy = append(riders, l.waiting...), nil, false
	}
	for _, r := range riders {
		r.done <- l.outage
	}
	return err == nil
}

// down is why the sink does not take events now, nil when it does.
func (l *lane) down() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.outage
}

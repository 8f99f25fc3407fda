package sink

import (
	"context"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"
)

// minBatchBytes is where a receiver's 413 stops making batches smaller.
const minBatchBytes = 16 << 10

// round sees to the events in order until all are settled or an outage comes.
// It returns how many, from the front, are settled.
func (c *Client) round(ctx context.Context, events []event.Event) (int, *Outage) {
	for done := 0; ; {
		if done == len(events) {
			return done, nil
		}
		n, outage := c.settle(ctx, events[done:])
		done += n
		if outage != nil {
			return done, outage
		}
	}
}

// settle sends as many of the events as fit into one request and sees to the
// answer. It settles at least one or returns an outage.
func (c *Client) settle(ctx context.Context, events []event.Event) (int, *Outage) {
	if len(events) == 1 || c.limit() == 1 {
		return c.first(ctx, events)
	}
	b, n, err := c.encode(events, c.limit())
	if err != nil || n == 1 {
		c.release(b)
		return c.first(ctx, events)
	}
	size := int64(b.Len())
	ans, outage := c.post(ctx, b, batchMode)
	c.release(b)
	switch {
	case outage != nil:
		return 0, outage
	case ans.accepted():
		for i := range events[:n] {
			c.accept(&events[i])
		}
		return n, nil
	case ans.index >= 0 && ans.index < n:
		return c.isolate(ctx, events, ans.index)
	case ans.status == http.StatusRequestEntityTooLarge:
		c.maxBytes.Store(max(size/2, minBatchBytes))
		return c.round(ctx, events[:(n+1)/2])
	}
	return c.singles(ctx, events[:n], ans.status)
}

// limit is how many events may go in one request.
func (c *Client) limit() int {
	if c.noBatches.Load() {
		return 1
	}
	return c.cfg.Batch
}

func (c *Client) first(ctx context.Context, events []event.Event) (int, *Outage) {
	if _, outage := c.alone(ctx, &events[0], 2); outage != nil {
		return 0, outage
	}
	return 1, nil
}

// isolate sees to the event that the receiver named and to all before it; what
// stands behind goes on in the next batch.
func (c *Client) isolate(ctx context.Context, events []event.Event, bad int) (int, *Outage) {
	n, outage := c.round(ctx, events[:bad])
	if outage != nil {
		return n, outage
	}
	if _, outage = c.alone(ctx, &events[bad], 1); outage != nil {
		return n, outage
	}
	return n + 1, nil
}

// singles sends each event of a batch alone, when the answer to the batch did
// not say which one is bad. If none is, it is batches that the receiver does
// not take.
func (c *Client) singles(ctx context.Context, events []event.Event, status int) (int, *Outage) {
	refused := false
	for i := range events {
		ok, outage := c.alone(ctx, &events[i], 2)
		if outage != nil {
			return i, outage
		}
		refused = refused || !ok
	}
	if !refused && status != http.StatusUnprocessableEntity && c.noBatches.CompareAndSwap(false, true) {
		c.log.Warn("sink takes no batches: events are sent one by one from now on", "status", status)
	}
	return len(events), nil
}

// alone sends one event by itself and drops it once it was refused so for the
// given number of times: a single refusal might be an accident on the way.
func (c *Client) alone(ctx context.Context, ev *event.Event, refusals int) (bool, *Outage) {
	b, _, err := c.encode([]event.Event{*ev}, 1)
	defer c.release(b)
	if err != nil {
		c.drop(ev, reasonInvalid, 0, err.Error())
		return false, nil
	}
	for {
		ans, outage := c.post(ctx, b, singleMode)
		if outage != nil {
			return false, outage
		}
		if ans.accepted() {
			c.accept(ev)
			return true, nil
		}
		if refusals--; refusals <= 0 {
			c.drop(ev, ans.reason(), ans.status, ans.text)
			return false, nil
		}
	}
}

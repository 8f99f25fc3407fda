package sink

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/cloudevents/sdk-go/v2/event"
)

// maxBatchBytes bounds what one request carries; a single event that is bigger
// goes alone.
const maxBatchBytes = 1 << 20

// body is a request's bytes: a JSON array of events. It is used again for later
// requests, but only when the transport has let go of it, which may be after
// the answer (http.RoundTripper).
type body struct {
	bytes.Buffer
	open atomic.Int32
	// uncounted says that no event in it counts; see WithUncounted.
	uncounted bool
}

// reader gives the bytes as a request body: the array, or the one event in it.
func (b *body) reader(m mode) (io.ReadCloser, int64) {
	raw := b.Bytes()
	if m == singleMode {
		raw = raw[1 : len(raw)-1]
	}
	b.open.Add(1)
	return &bodyReader{Reader: bytes.NewReader(raw), from: b}, int64(len(raw))
}

type bodyReader struct {
	*bytes.Reader
	from   *body
	closed atomic.Bool
}

func (r *bodyReader) Close() error {
	if r.closed.CompareAndSwap(false, true) {
		r.from.open.Add(-1)
	}
	return nil
}

// release keeps a body for the next request. A very big one, or one that is
// still being read, is left to the garbage collector.
func (c *Client) release(b *body) {
	if b.open.Load() == 0 && b.Cap() <= 2*maxBatchBytes {
		c.bodies.Put(b)
	}
}

// encode writes the first events as a JSON array, as many as one request may
// carry, and returns how many these are. An error is about the first event.
// The body is the caller's to release in any case.
func (c *Client) encode(events []event.Event, limit int) (*body, int, error) {
	b := c.bodies.Get().(*body)
	b.Reset()
	b.uncounted = true
	b.WriteByte('[')
	n := 0
	for ; n < min(limit, len(events)); n++ {
		before := b.Len()
		if n > 0 {
			b.WriteByte(',')
		}
		if err := encodeOne(b, &events[n]); err != nil {
			if n == 0 {
				return b, 0, err
			}
			b.Truncate(before)
			break
		}
		if n > 0 && int64(b.Len()) >= c.maxBytes.Load() {
			b.Truncate(before)
			break
		}
		b.uncounted = b.uncounted && c.uncounted[events[n].Type()]
	}
	b.WriteByte(']')
	return b, n, nil
}

func encodeOne(w io.Writer, ev *event.Event) error {
	if err := ev.Validate(); err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if err := event.WriteJson(ev, w); err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	return nil
}

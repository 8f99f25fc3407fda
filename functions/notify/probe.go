package notify

import (
	"context"
	"errors"
	"time"

	"github.com/edgebell/edgebell/functions/card"
)

// tester sends a test message and says in words what came of it.
type tester struct {
	Route
	pace *pace
	now  func() (t time.Time, sure bool)
	sent func(Receipt, error)
}

func (f *Function) tester(d *deliverer) tester {
	return tester{
		Route: d.Route, pace: d.pace, now: d.now,
		sent: func(r Receipt, err error) {
			d.metrics.sent(r, err)
			d.usage.add(r)
			if err == nil {
				d.link.up(d.log) // whoever mended the channel need not wait for the next try
			}
		},
	}
}

// Check sends one test message on a route, without a ledger. known is as for
// FarTime.
func Check(ctx context.Context, r Route, known func() time.Time) Diagnosis {
	t := tester{Route: r, pace: newPace(r.PerMinute), now: FarTime(known, r), sent: func(Receipt, error) {}}
	return t.run(ctx)
}

// run sends the test message, in simpler forms where one is refused.
func (t *tester) run(ctx context.Context) Diagnosis {
	var last error
	for level := 0; ; level++ {
		now := time.Now()
		if err := pause(ctx, t.pace.wait(now, now.Add(t.offset()))); err != nil {
			return t.diagnose(level, err)
		}
		parts, err := t.Channel.Render(level, Outgoing{Test: true, SentAt: time.Now().Add(t.offset())})
		if errors.Is(err, ErrNoSimpler) {
			return t.diagnose(level, last)
		}
		if err != nil {
			last = err
			continue
		}
		t.pace.took(time.Now())
		receipt, err := t.Channel.Send(ctx, parts[0])
		t.sent(receipt, err)
		var se *SendError
		if !errors.As(err, &se) || se.Outcome != MessageRefused {
			d := t.diagnose(level, err)
			d.Bytes, d.MS = receipt.BytesOut+receipt.BytesIn, receipt.Took.Milliseconds()
			return d
		}
		last = err
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// form names the form of card at a level.
func (t *tester) form(level int) string {
	schema := card.Schema(t.Card.Schema)
	if schema == "" {
		schema = card.V2
	}
	for range level {
		if next, ok := schema.Simpler(); ok {
			schema = next
		}
	}
	return string(schema)
}

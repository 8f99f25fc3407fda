package notify

import (
	"context"
	"errors"
	"time"

	"github.com/edgebell/edgebell/functions/card"
)

// tester sends a test message and says in words what came of it.
type tester struct {
	cfg     Config
	channel Channel
	pace    *pace
	now     func() (t time.Time, sure bool)
	offset  func() time.Duration
	sent    func(Receipt, error)
}

func (f *Function) tester() tester {
	d := f.out
	return tester{
		cfg: f.cfg, channel: d.channel, pace: d.pace, now: d.usage.now, offset: d.offset,
		sent: func(r Receipt, err error) {
			d.metrics.sent(r, err)
			d.usage.add(r)
			if err == nil {
				d.link.up(d.log) // whoever mended the channel need not wait for the next try
			}
		},
	}
}

// Check sends one test message through ch, without a ledger. now and offset
// are as for WithTime and WithClockOffset.
func Check(ctx context.Context, cfg Config, ch Channel, now func() (time.Time, bool), offset func() time.Duration) Diagnosis {
	t := tester{cfg: cfg, channel: ch, pace: newPace(cfg.Feishu.MaxPerMinute), now: now, offset: offset, sent: func(Receipt, error) {}}
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
		parts, err := t.channel.Render(level, Outgoing{Test: true, SentAt: time.Now().Add(t.offset())})
		if errors.Is(err, ErrNoSimpler) {
			return t.diagnose(level, last)
		}
		if err != nil {
			last = err
			continue
		}
		t.pace.took(time.Now())
		receipt, err := t.channel.Send(ctx, parts[0])
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
	schema := card.Schema(t.cfg.Card.Schema)
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

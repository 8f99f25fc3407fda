package notify

import (
	"context"
	"errors"
	"time"

	"github.com/edgebell/edgebell/functions/ledger"
)

// send sends one part and does what its answer asks for.
func (d *deliverer) send(ctx context.Context, out Outgoing, part Part) time.Duration {
	sendCtx, cancel := withGrace(ctx, sendGrace)
	defer cancel()
	receipt, err := d.post(sendCtx, out, part)
	d.metrics.sent(receipt, err)
	d.usage.add(receipt)
	if err == nil {
		return d.delivered(ctx, out, part, receipt)
	}
	var se *SendError
	if !errors.As(err, &se) {
		se = &SendError{Outcome: Retry, Err: err}
	}
	if ctx.Err() != nil {
		return 0
	}
	wait := d.failed(se)
	if since, ok := d.link.downSince(); ok {
		// Known from here on, whatever happens to this process.
		if err := d.ledger.SetOffline(context.WithoutCancel(ctx), d.Name, ledger.Offline{Since: since, At: d.ledger.Now()}); err != nil {
			d.log.Debug("begin of the outage cannot be kept", "error", err)
		}
	}
	return wait
}

// withGrace is a context that lives on for d after ctx has ended.
func withGrace(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return out, func() { stop(); cancel() }
}

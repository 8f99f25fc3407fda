package notify

import (
	"context"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// delivered marks what was told. The mark is tried until it is on disk: to
// send on without it would tell the same story again and again.
func (d *deliverer) delivered(ctx context.Context, out Outgoing, part Part, receipt Receipt) time.Duration {
	d.link.up(d.log)
	outage, wasOffline := d.ledger.Offline(d.Name)
	marks := marksOf(out, part.Groups)
	d.refer(marks, out, receipt)
	for _, g := range out.Related {
		marks = append(marks, ledger.MarkOf(g))
	}
	for tries := 0; ; tries++ {
		err := d.ledger.Delivered(context.WithoutCancel(ctx), d.Name, marks, out.Notices)
		if err == nil {
			break
		}
		d.link.stuck(err)
		if tries == 0 {
			d.log.Error("delivery cannot be marked in the ledger; nothing more is sent until it is", "error", err)
		}
		select {
		case <-ctx.Done():
			return 0
		case <-time.After(backoff(tries, offlineFirst, offlineMost)):
		}
	}
	if wasOffline {
		d.usage.wasOffline(d.ledger.Now().Sub(outage.At))
	}
	d.told(out)
	d.bare = d.bare && out.Notices.Empty()
	d.charge(out, part)
	d.rest = out.Digest && len(part.Groups) < len(out.Groups)
	d.logCard(out, marks, receipt)
	d.reset()
	return 0
}

// told notes what a message has said besides its stories.
func (d *deliverer) told(out Outgoing) {
	if !out.Notices.Empty() {
		d.bulletin.noticed()
	}
	if out.Digest && d.usage.state() == BudgetSoft {
		d.digestLast = time.Now()
	}
	if out.Heartbeat != nil {
		d.usage.beaten()
	}
	d.budgetTold(out.Budget)
}

// logCard writes the one line that a person greps for.
func (d *deliverer) logCard(out Outgoing, marks []ledger.Mark, r Receipt) {
	attrs := []any{"route", d.Name, "groups", len(marks), "bytesOut", r.BytesOut, "bytesIn", r.BytesIn, "ms", r.Took.Milliseconds()}
	if len(out.Groups) == 1 {
		g := out.Groups[0]
		attrs = append(attrs, "id", g.ShortID(d.Name), "reason", g.Newest.Reason, "object", objectOf(g), "count", g.Total)
	}
	if out.Digest {
		attrs = append(attrs, "digest", true)
	}
	if out.Ref != "" {
		attrs = append(attrs, "changed", true)
	}
	if out.Heartbeat != nil {
		attrs = append(attrs, "heartbeat", true)
	}
	if r.LogID != "" {
		attrs = append(attrs, "logId", r.LogID)
	}
	d.log.Info("card sent", attrs...)
}

func objectOf(g alert.Group) string {
	return g.Newest.Namespace + "/" + g.Newest.Kind + "/" + g.Newest.Name
}

// failed decides what a failed send means and how long to wait.
func (d *deliverer) failed(se *SendError) time.Duration {
	switch se.Outcome {
	case MessageRefused:
		if se == errGone {
			d.log.Info("message cannot be changed any more: a new one is sent")
			return 0
		}
		d.log.Warn("card refused, trying a simpler one", "level", d.level, "error", se.Err)
		d.level++
		return 0
	case ChannelRefused:
		return d.link.down(d.log, se, refusedFirst, refusedMost)
	case Unknown:
		if d.unknown++; d.unknown >= unknownTries {
			d.log.Warn("card answered with an unknown code, trying a simpler one", "level", d.level, "error", se.Err)
			d.level, d.unknown = d.level+1, 0
			return 0
		}
		return d.link.down(d.log, se, refusedFirst, refusedMost)
	}
	return d.link.down(d.log, se, offlineFirst, offlineMost)
}

// subjectOf is what a message is about. That a message was refused says nothing
// of one about something else, which may become due sooner.
func subjectOf(o Outgoing) string {
	switch {
	case o.Heartbeat != nil:
		return "heartbeat"
	case len(o.Groups) == 0:
		return "notice"
	case o.Digest:
		return "digest"
	}
	return o.Groups[0].Fingerprint.String() + o.Ref
}

// giveUp parks what no form of card could tell: stories are told without the
// notices on their card first, then a digest story by story, stories that belong together each for itself, and one whose
// message cannot be changed by a new message.
func (d *deliverer) giveUp(ctx context.Context, out Outgoing) time.Duration {
	d.level, d.unknown = 0, 0
	switch {
	case len(out.Groups) > 0 && !out.Notices.Empty():
		d.log.Error("card with notices refused in every form: telling the stories without them")
		d.bare = true
		return 0
	case out.Digest:
		d.log.Error("digest refused in every form: telling its stories one by one")
		d.single = true
		return 0
	case out.Ref != "":
		d.log.Warn("change of a message refused in every form: a new one is sent")
		d.cannotEdit(out.Groups[0])
		return 0
	case !d.apart && len(out.Groups) > 0 && (len(out.Related) > 0 || len(out.Members[out.Groups[0].Fingerprint]) > 0):
		d.log.Error("card of several stories refused in every form: telling each by itself")
		d.apart = true
		return 0
	case len(out.Groups) == 0:
		d.log.Error("notice refused in every form; it waits for the next card")
		d.told(out)
		return 0
	}
	g := out.Groups[0]
	d.log.Error("card refused in every form: parked and counted as dropped", "reason", g.Newest.Reason, "object", objectOf(g), "count", g.Undelivered(d.Name))
	if err := d.ledger.Park(context.WithoutCancel(ctx), d.Name, marksOf(out, []int{0})); err != nil {
		d.log.Error("ledger cannot be written", "error", err)
		return offlineMost
	}
	return 0
}

func (d *deliverer) reset() {
	d.level, d.unknown = 0, 0
	if at, ok := d.ledger.NextDue(d.Name); !ok || at > d.ledger.Now() {
		d.single, d.apart = false, false
	}
}

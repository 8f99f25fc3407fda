package notify

import (
	"context"
	"errors"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

const (
	defaultUpdate = time.Minute
	leastUpdate   = 5 * time.Second
	// editable is how old a message may be to be changed in place. Feishu takes
	// changes of an app's card for 14 days (open.feishu.cn, im/v1/message/patch).
	editable = 14 * 24 * time.Hour
)

// updates has the ledger ask more often on the routes where an answer is
// silent.
func updates(l *ledger.Ledger, routes []Route, every time.Duration) {
	out := map[string]time.Duration{}
	for _, r := range routes {
		if _, ok := r.Channel.(Updater); ok {
			out[r.Name] = every
		}
	}
	if len(out) > 0 {
		l.UpdateEvery(out)
	}
}

// ref is the message that tells g and can be changed in place; empty where a
// new one is to be sent.
func (d *deliverer) ref(g alert.Group, now time.Time) string {
	if _, ok := d.Channel.(Updater); !ok || d.gone[g.Fingerprint] {
		return ""
	}
	if r := g.Ref(d.Name); r.ID != "" && now.Sub(r.SentAt) < editable {
		return r.ID
	}
	return ""
}

// split parts the groups that ring from those whose message is only changed.
// After an outage, and where the data budget asks for digests, all that is due
// is told together.
func (d *deliverer) split(groups []alert.Group, now time.Time, together bool) (ring, edit []alert.Group) {
	if together {
		return groups, nil
	}
	for _, g := range groups {
		if d.ref(g, now) == "" {
			ring = append(ring, g)
		} else {
			edit = append(edit, g)
		}
	}
	if t, ok := d.Channel.(Thrifty); ok && len(edit) > 0 && t.EditsIn() > 0 {
		d.held = true
		return ring, nil
	}
	return ring, edit
}

// post sends a part, or puts it in the place of the message that out names. A
// message that cannot be changed any more is given up: the story is told by a
// new one.
func (d *deliverer) post(ctx context.Context, out Outgoing, part Part) (Receipt, error) {
	u, ok := d.Channel.(Updater)
	if out.Ref == "" || !ok {
		return d.Channel.Send(ctx, part)
	}
	receipt, err := u.Update(ctx, out.Ref, part)
	var se *SendError
	if errors.As(err, &se) && se.Outcome == MessageRefused {
		d.cannotEdit(out.Groups[0])
		return receipt, errGone
	}
	return receipt, err
}

// cannotEdit has a story told by a message of its own.
func (d *deliverer) cannotEdit(g alert.Group) {
	if d.gone == nil {
		d.gone = map[alert.Fingerprint]bool{}
	}
	d.gone[g.Fingerprint] = true
}

// errGone says that the message is to be sent anew.
var errGone = &SendError{Outcome: MessageRefused, Err: errors.New("the message cannot be changed any more")}

// refer adds to the mark of a single story what names its message. One that
// tells many clusters' is no single one's: in its place the others' would be
// gone.
func (d *deliverer) refer(marks []ledger.Mark, out Outgoing, r Receipt) {
	if _, ok := d.Channel.(Updater); !ok || out.Digest || len(out.Groups) != 1 || len(out.Members[out.Groups[0].Fingerprint]) > 0 || len(marks) == 0 {
		return
	}
	marks[0].Ref, marks[0].SentAt = r.Ref, out.SentAt
	delete(d.gone, out.Groups[0].Fingerprint)
}

package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

const (
	offlineFirst, offlineMost = time.Second, time.Minute
	refusedFirst, refusedMost = 30 * time.Second, 10 * time.Minute
	unknownTries              = 3
	// sendGrace is how long a card that is on its way may take after the
	// process was asked to stop.
	sendGrace = 3 * time.Second
)

// deliverer is the way out on one route: it takes what is due, renders it now,
// sends it, and marks it when the far side has said that it holds it.
type deliverer struct {
	Route
	ledger     *ledger.Ledger
	threshold  int
	fleetFrom  int // clusters
	conditions alert.Conditions
	pace       *pace
	share      *share
	log        *slog.Logger
	metrics    *routeMetrics

	link     link
	usage    *usage
	bulletin *bulletin
	again    chan struct{} // look again what is due
	tests    chan chan Diagnosis
	test     func(context.Context) Diagnosis
	worked   bool                            // the link, after the last step
	now      func() (t time.Time, sure bool) // by its own far side's clock

	// Of what is being told now.
	subject    string                     // whose the next two are
	level      int                        // fallback level
	unknown    int                        // tries with an unknown answer
	single     bool                       // a digest was refused in every form
	apart      bool                       // so was a card of stories that belong together
	bare       bool                       // so was a card with notices; until one of them alone is accepted
	rest       bool                       // the last digest did not hold every group
	digestLast time.Time                  // under the data budget
	gone       map[alert.Fingerprint]bool // their messages cannot be changed any more
	held       bool                       // something due waits: for the data budget, a window of MUTE, its writer's share
	crowded    bool                       // for its writer's share
	rationed   bool                       // for the data budget
}

func newDeliverer(f *Function, r Route) *deliverer {
	d := &deliverer{
		Route: r, ledger: f.ledger, threshold: f.cfg.DigestThreshold, fleetFrom: f.cfg.FleetDigest, conditions: f.cfg.conditions, pace: f.paceOf(r), share: newShare(r.PerMinute, f.log), log: f.log,
		metrics: f.metrics.route(f.labelled(r.Name)), usage: f.usage, bulletin: f.bulletin, worked: true,
		now:   FarTime(func() time.Time { t, _ := f.usage.now(); return t }, r),
		again: make(chan struct{}, 1), tests: make(chan chan Diagnosis),
	}
	d.pace.remember(f.ledger.Sent(r.Name), time.Now())
	d.test = func(ctx context.Context) Diagnosis {
		t := f.tester(d)
		return t.run(ctx)
	}
	return d
}

// look has it look again what is due.
func (d *deliverer) look() {
	select {
	case d.again <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends; a card on its way is finished first.
func (d *deliverer) run(ctx context.Context) {
	for {
		wait := d.step(ctx)
		d.bulletin.release(d)
		if ctx.Err() != nil {
			return // whatever else is ready now: nothing new begins
		}
		timer := time.NewTimer(wait)
		wake := d.ledger.Wake(d.Name)
		if d.link.waiting() || d.held {
			wake = nil // news do not shorten a backoff
		}
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-wake:
		case <-d.again:
		case answer := <-d.tests:
			answer <- d.test(ctx)
			d.bulletin.release(d)
		case <-timer.C:
		}
		timer.Stop()
	}
}

const (
	idle = time.Hour
	// settleMost is how long a story that is due waits at most for others.
	settleMost = time.Second
)

// step sends at most one message and says how long to wait before the next.
func (d *deliverer) step(ctx context.Context) time.Duration {
	now := time.Now()
	if wait := d.link.wait(now); wait > 0 {
		return wait
	}
	if !d.due() {
		d.held, d.crowded = false, false
		return d.untilDue()
	}
	if wait := d.pace.wait(now, now.Add(d.offset())); wait > 0 {
		return wait
	}
	if wait := d.settle(); wait > 0 {
		return wait
	}
	out, err := d.take()
	if err != nil {
		d.log.Error("ledger cannot be read", "error", err)
		return offlineMost
	}
	if out.empty() {
		return d.untilDue()
	}
	if s := subjectOf(out); s != d.subject {
		d.subject, d.level, d.unknown = s, 0, 0
	}
	parts, err := d.Channel.Render(d.level, out)
	if errors.Is(err, ErrNoSimpler) {
		return d.giveUp(ctx, out)
	}
	if err != nil {
		d.log.Error("card cannot be rendered", "level", d.level, "error", err)
		d.level++
		return 0
	}
	if wait := d.pace.claim(d.Name, time.Now()); wait > 0 {
		return wait
	}
	return d.send(ctx, out, parts[0])
}

// due says whether there is anything to tell.
func (d *deliverer) due() bool {
	at, ok := d.ledger.NextDue(d.Name)
	return (ok && at <= d.ledger.Now()) || d.bulletin.due(d)
}

// settle is how long the first of many waits for the others: what begins within
// a moment is one digest, not a card and then a digest.
func (d *deliverer) settle() time.Duration {
	at, ok := d.ledger.NextDue(d.Name)
	if !ok {
		return 0
	}
	wait := at.After(settleMost).Sub(d.ledger.Now())
	if wait <= 0 {
		return 0
	}
	if all := d.ledger.CountDue(d.Name, wait); all <= d.threshold || all == d.ledger.CountDue(d.Name, 0) {
		return 0
	}
	return min(wait, settleMost)
}

func (d *deliverer) untilDue() time.Duration {
	most := min(idle, max(d.bulletin.until(d), time.Millisecond))
	switch {
	case d.crowded:
		return min(most, sharePoll)
	case d.held:
		return min(most, holdPoll)
	}
	at, ok := d.ledger.NextDue(d.Name)
	if !ok {
		return most
	}
	return min(max(at.Sub(d.ledger.Now()), time.Millisecond), most)
}

// take reads what to tell now: one story while few are due, else a digest.
func (d *deliverer) take() (Outgoing, error) {
	groups, err := d.ledger.Due(d.Name)
	if err != nil {
		return Outgoing{}, err
	}
	groups, muted := d.loud(groups)
	fold, err := d.fold(groups)
	if err != nil {
		return Outgoing{}, err
	}
	if fold.groups, err = d.along(fold); err != nil {
		return Outgoing{}, err
	}
	fold.groups, fold.members = d.fleet(fold.groups)
	ration := d.ration(fold.groups)
	groups, d.rationed = ration.groups, ration.held
	spent := false
	if d.crowded = false; !ration.digest && ration.budget == nil {
		groups, spent, d.crowded = d.fair(groups, fold.members)
	}
	d.held = ration.held || muted || d.crowded
	out := Outgoing{Groups: groups, Route: d.Name, SentAt: time.Now().Add(d.offset()), Budget: ration.budget, Members: fold.members}
	if len(groups) == 0 {
		return d.alone(out), nil
	}
	if o, ok := d.ledger.Offline(d.Name); ok {
		out.OfflineSince, out.Offline = o.Since, d.ledger.Now().Sub(o.At)
	}
	ring, edit := d.split(groups, out.SentAt, !d.single && (ration.digest || d.rest || out.Offline > 0 && len(groups) > d.threshold))
	switch {
	case len(ring) == 0 && (out.Budget != nil || !d.rationed && d.bulletin.due(d)):
		out.Groups = nil // a change is silent: nobody would read them on it
		return d.alone(out), nil
	case len(ring) == 0 && len(edit) == 0:
		out.Groups = nil // changes have to wait
		return out, nil
	case len(ring) == 0:
		out.Groups, out.Ref = edit[:1], d.ref(edit[0], out.SentAt)
		out.Related = fold.under[edit[0].Fingerprint]
		return out, nil
	case (ration.digest || len(ring) > d.threshold || d.rest || spent && len(ring) > 1) && !d.single:
		out.Digest = true
		out.Groups = append(ring[:len(ring):len(ring)], fold.away...)
	default:
		out.Groups = ring[:1]
		out.Related = fold.under[ring[0].Fingerprint]
	}
	if !d.bare {
		out.Notices = d.bulletin.notices(d)
	}
	return out, nil
}

// alone is what to tell without a story. Notices wait for one while the data
// budget holds stories back, and are not told often without one.
func (d *deliverer) alone(out Outgoing) Outgoing {
	if !d.rationed && d.bulletin.noticeDue() {
		out.Notices = d.bulletin.notices(d)
	}
	if out.empty() && d.bulletin.beat(d) {
		out.Heartbeat = d.heartbeat(out.SentAt)
	}
	return out
}

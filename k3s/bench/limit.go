package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// flow is one kind of write that an API server tells its audit webhook of.
type flow struct {
	name    string
	writers int
	write   func(a *apiServer, ev *corev1.Event) error
}

var (
	stored = flow{"stored", writers, func(a *apiServer, ev *corev1.Event) error {
		_, _, err := a.write(ev)
		return err
	}}
	dryRun  = flow{"dry run", 64, (*apiServer).tryWrite}
	refused = flow{"refused", 64, (*apiServer).writeNonsense}
)

// follows is the part of the offered rate that an API server must reach, or it
// is the one that limits.
const follows = 0.8

// scale is how the audit backend is throttled. What only delays a loss is made
// small, so that it shows within one step: the buffer (10,000 entries by
// default) and the throttle's burst. A rate that can be sustained does not
// depend on them.
type scale struct {
	name  string // behind that of a flow
	flags []string
	flows []flow
	steps []int
	hold  time.Duration
}

// scales: first as installed, with the most costly flow first: what an API
// server can store may be less than its audit can carry, so the further ones
// store nothing. Then a tenth of that, which every machine's API server can
// exceed, and without the disk, whose stalls are followed by more than the rate.
var scales = []scale{
	{"", []string{"audit-webhook-batch-buffer-size=1000", "audit-webhook-batch-throttle-burst=10"},
		[]flow{stored, dryRun, refused}, []int{500, 1000, 1500, 1750, 2000, 2250, 2500, 3000, 4000}, 8 * time.Second},
	{", throttle at a tenth", []string{"audit-webhook-batch-throttle-qps=5", "audit-webhook-batch-buffer-size=200", "audit-webhook-batch-throttle-burst=2"},
		[]flow{dryRun}, []int{100, 150, 175, 200, 225, 250, 300, 400}, 16 * time.Second},
}

// entryLimit raises the rate of audit entries until some are lost.
func (b *bench) entryLimit() error {
	if b.withoutControlPlane("entry limit") {
		return nil
	}
	for _, s := range scales {
		loses, err := b.limitOf(s)
		if err != nil || loses {
			return err
		}
	}
	return errors.New("not even a throttle at a tenth lost anything: the API server is too slow here to find the limit")
}

func (b *bench) limitOf(s scale) (loses bool, err error) {
	var flags []string
	for _, f := range s.flags {
		flags = append(flags, "--apiserver-arg", f)
	}
	e, err := b.newEntry(byAudit, flags...)
	if err != nil {
		return false, err
	}
	defer e.close()
	var safe float64
	for _, f := range s.flows {
		if safe, loses, err = e.climb(f, s, safe); err != nil {
			return false, fmt.Errorf("%s%s: %w; the API server says: %s", f.name, s.name, err, e.server.log())
		}
		if loses {
			break
		}
	}
	return loses, nil
}

// climb goes up the steps, from the first above a rate known to be safe, and
// returns the highest that lost nothing and whether one was found that does.
func (e *entry) climb(f flow, s scale, safe float64) (without float64, loses bool, err error) {
	without = safe
	var with float64
	var told []string
	for _, offered := range s.steps {
		if float64(offered) <= safe {
			continue
		}
		rate, lost, err := e.step(f, offered, s.hold)
		if err != nil {
			return 0, false, err
		}
		told = append(told, fmt.Sprintf("%.0f/s (%d lost)", rate, lost))
		if lost > 0 {
			with, loses = float64(offered), true
			break
		}
		without = max(without, rate)
		if rate < follows*float64(offered) {
			break
		}
	}
	e.b.result.add(Measure{Stage: "entry limit", Process: "audit-webhook", Name: "most without loss, " + f.name + s.name, Value: without, Unit: "events/s",
		Note: "steps of " + s.hold.String() + ": " + strings.Join(told, ", ")})
	begins := Measure{Stage: "entry limit", Process: "audit-webhook", Name: "begins to lose, " + f.name + s.name, Value: with, Unit: "events/s", Note: "the rate offered in that step"}
	if !loses {
		begins.Note = "0: not reached, the API server takes no more writes of this kind"
	}
	e.b.result.add(begins)
	return without, loses, nil
}

// step holds a rate and returns what was reached and how many entries were lost.
func (e *entry) step(f flow, perSecond int, hold time.Duration) (rate float64, lost int, err error) {
	l := load{perSecond: perSecond, n: perSecond * int(hold/time.Second)}
	events := e.b.events.stories(l.n, 200, 0)
	lostBefore, err := e.server.AuditErrors(e.b.ctx)
	if err != nil {
		return 0, 0, err
	}
	before, err := e.entries()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := e.b.paced(l, f.writers, func(i int) error { return f.write(e.server, events[i]) }); err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	err = e.b.eventually(patience, "all entries have come or are counted as lost", func() error {
		lostNow, err := e.server.AuditErrors(e.b.ctx)
		if err != nil {
			return err
		}
		came, err := e.entries()
		if err != nil {
			return err
		}
		lost = lostNow - lostBefore
		if n := int(came-before) + lost; n < l.n {
			return fmt.Errorf("%d of %d, %d of them lost", n, l.n, lost)
		}
		return nil
	})
	return float64(l.n) / took.Seconds(), lost, err
}

// entries asks the audit webhook how many it has taken.
func (e *entry) entries() (uint64, error) {
	raw, err := get(e.b.ctx, "http://"+e.relay.to+"/status")
	if err != nil {
		return 0, err
	}
	var page struct {
		Entries uint64 `json:"entries"`
	}
	return page.Entries, json.Unmarshal(raw, &page)
}

package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

// entries compares the ways in to the function from a real API server: the
// event source's watch and the audit webhook, beside the same load with nobody
// listening. In each round every way is measured, in turn, with an API server
// of its own; what the rounds add up to is told.
func (b *bench) entries() error {
	if b.withoutControlPlane("entry") {
		return nil
	}
	tallies := map[wayIn]*tally{byNone: newTally(), byWatch: newTally(), byAudit: newTally()}
	ways := []wayIn{byNone, byWatch, byAudit}
	for round := range b.opts.rounds {
		for _, way := range ways {
			if err := b.entryRound(way, tallies[way], round == 0); err != nil {
				return fmt.Errorf("%s, round %d: %w", way, round+1, err)
			}
		}
		slices.Reverse(ways) // what drifts in a run falls on all
	}
	for _, way := range []wayIn{byNone, byWatch, byAudit} {
		b.tellEntry(way, tallies[way], tallies[byNone])
	}
	return nil
}

// withoutControlPlane notes that a stage was not measured.
func (b *bench) withoutControlPlane(stage string) bool {
	if _, err := os.Stat(b.opts.controlplane); err == nil {
		return false
	}
	b.result.add(Measure{Stage: stage, Process: "chain", Name: "not measured", Unit: "ms", Note: "make controlplane builds what is needed"})
	return true
}

// The loads of an entry. At 1/s there are not many, or it would take too long.
const (
	atOne   = "at 1/s"
	atForty = "at 40/s"
	inBurst = "in a burst of 400/s"
)

func (b *bench) loads(first bool) []load {
	all := []load{
		{atForty, 40, 40 * b.opts.seconds},
		{inBurst, 400, 400 * 10},
	}
	if first {
		all = append([]load{{atOne, 1, max(b.opts.seconds, 20)}}, all...)
	}
	return all
}

// tally is what one way in has cost in all rounds.
type tally struct {
	loads  map[string]*cost
	idle   float64 // % of a core, of the way in's process
	inIdle process.Memory
	in     []process.Memory // after the burst
	kube   []process.Memory
}

// cost is what one load has cost.
type cost struct {
	written, lost   int
	wrote           time.Duration // how long the writing took
	bytes           int64
	in              time.Duration // CPU
	kube            []float64     // CPU in s per 1,000, one per round
	begun, answered []float64     // ms
}

func newTally() *tally {
	return &tally{loads: map[string]*cost{atOne: {}, atForty: {}, inBurst: {}}}
}

// entryRound measures one way in; only the first round has the slow parts.
func (b *bench) entryRound(way wayIn, t *tally, first bool) error {
	e, err := b.newEntry(way)
	if err != nil {
		return err
	}
	defer e.close()
	// The first writes open connections and fill pools.
	if err := e.run(load{"", 40, 40}, &cost{}); err != nil {
		return err
	}
	if first && e.in != nil {
		if err := e.idle(t); err != nil {
			return err
		}
	}
	for _, l := range b.loads(first) {
		if l.name == atOne && way == byNone {
			continue
		}
		if err := e.run(l, t.loads[l.name]); err != nil {
			return fmt.Errorf("%s: %w; the API server says: %s", l.name, err, e.server.log())
		}
	}
	return e.memory(t)
}

// idle measures the way in's process while nothing is written.
func (e *entry) idle(t *tally) error {
	before, err := e.in.CPU()
	if err != nil {
		return err
	}
	length := time.Duration(e.b.idleOfEntry()) * time.Second
	if err := e.b.pause(length); err != nil {
		return err
	}
	after, err := e.in.CPU()
	if err != nil {
		return err
	}
	t.idle = (after - before).Seconds() / length.Seconds() * 100
	t.inIdle, err = e.in.Memory()
	return err
}

// idleOfEntry is in seconds. Two programs are measured in turn, so it is not
// as long as the function's own.
func (b *bench) idleOfEntry() int { return min(b.opts.idleSeconds, 120) }

func (e *entry) memory(t *tally) error {
	same, err := e.server.Component("apiserver")
	if err != nil || same != e.kube {
		return fmt.Errorf("the API server has been started again: pid %d, then %d, %w", e.kube, same, err)
	}
	kube, err := e.kube.Memory()
	if err != nil {
		return err
	}
	t.kube = append(t.kube, kube)
	if e.in == nil {
		return nil
	}
	in, err := e.in.Memory()
	t.in = append(t.in, in)
	return err
}

// run writes one load and adds what it costs until every Event has arrived.
func (e *entry) run(l load, c *cost) error {
	e.watch.reset()
	before, err := e.read()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := e.b.pour(e.server, l, e.watch); err != nil {
		return err
	}
	c.wrote += time.Since(began)
	lost, err := e.settle(before.errors)
	if err != nil {
		return err
	}
	after, err := e.read()
	if err != nil {
		return err
	}
	c.written, c.lost = c.written+l.n, c.lost+lost
	c.bytes += after.bytes - before.bytes
	c.in += after.in - before.in
	c.kube = append(c.kube, (after.kube-before.kube).Seconds()/float64(l.n)*1000)
	begun, answered, _ := e.watch.since()
	c.begun, c.answered = append(c.begun, begun...), append(c.answered, answered...)
	return nil
}

// reading is the state of all counters.
type reading struct {
	kube, in time.Duration
	bytes    int64
	errors   int
}

func (e *entry) read() (r reading, err error) {
	if r.errors, err = e.server.AuditErrors(e.b.ctx); err != nil {
		return r, err
	}
	if r.kube, err = e.kube.CPU(); err != nil || e.in == nil {
		return r, err
	}
	r.bytes = e.relay.bytes.Load()
	r.in, err = e.in.CPU()
	return r, err
}

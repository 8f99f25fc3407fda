package main

import (
	"fmt"
	"time"
)

const kib = 1024 // targets are MiB, memory counts KiB

// idle measures both programs with an empty cluster, and how they start.
func (b *bench) idle() error {
	c, err := b.start(setup{})
	if err != nil {
		return err
	}
	defer c.close()
	b.result.add(Measure{Stage: "idle", Process: "event-source", Name: "start to first list", Value: float64(c.firstList.Load()) / 1e6, Unit: "ms"})
	b.result.add(Measure{Stage: "idle", Process: "notify", Name: "start to ready", Value: c.ready.Seconds() * 1e3, Unit: "ms"})
	spent, err := c.spend(func() error { return b.pause(time.Duration(b.opts.idleSeconds) * time.Second) })
	if err != nil {
		return err
	}
	total := (spent["event-source"] + spent["notify"]).Seconds() / float64(b.opts.idleSeconds) * 100
	b.result.add(Measure{Stage: "idle", Process: "both", Name: "CPU", Value: total, Unit: "% of a core", Target: 0.2,
		Note: fmt.Sprintf("over %d s; the kernel counts in steps of 10 ms", b.opts.idleSeconds)})
	note := "not measured: -cgroup names no cgroup folder"
	if b.opts.cgroup == "" {
		b.result.add(Measure{Stage: "idle", Process: "both", Name: "cgroup memory", Unit: "MiB", Note: note})
	}
	return c.report("idle", map[string][3]float64{"event-source": {16, 5, 0}, "notify": {14, 6, 0}})
}

// spend runs f and returns the CPU time that each program used meanwhile.
func (c *chain) spend(f func() error) (map[string]time.Duration, error) {
	before := map[string]time.Duration{}
	for _, p := range c.both() {
		var err error
		if before[p.Name], err = p.CPU(); err != nil {
			return nil, err
		}
	}
	if err := f(); err != nil {
		return nil, err
	}
	out := map[string]time.Duration{}
	for _, p := range c.both() {
		after, err := p.CPU()
		if err != nil {
			return nil, err
		}
		out[p.Name] = after - before[p.Name]
	}
	return out, nil
}

// report adds both programs' memory; targets are RSS, RssAnon and peak in MiB.
func (c *chain) report(stage string, targets map[string][3]float64) error {
	for _, p := range c.both() {
		t := targets[p.Name]
		if err := c.b.result.memory(stage, p, t[0], t[1], t[2]); err != nil {
			return err
		}
	}
	return nil
}

// clusters measures both programs with so many Events in the cluster.
func (b *bench) clusters() error {
	for _, n := range []int{5_000, 50_000} {
		if err := b.cluster(n); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) cluster(n int) error {
	stage := fmt.Sprintf("%d Events", n)
	c, err := b.start(setup{events: b.events.mixed(n)})
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.drained(n, 3*time.Minute); err != nil {
		return err
	}
	took := time.Since(c.source.Started) - time.Duration(c.firstList.Load())
	b.result.add(Measure{Stage: stage, Process: "chain", Name: "list to all delivered", Value: float64(n) / took.Seconds(), Unit: "events/s",
		Note: "Normal and Warning as recorded"})
	spent := map[string]time.Duration{}
	for _, p := range c.both() {
		if spent[p.Name], err = p.CPU(); err != nil {
			return err
		}
		b.result.add(Measure{Stage: stage, Process: p.Name, Name: "CPU per 1,000 events", Value: spent[p.Name].Seconds() / float64(n) * 1000, Unit: "s", Note: "start included"})
	}
	if err := b.pause(2 * time.Second); err != nil {
		return err
	}
	return c.report(stage, map[string][3]float64{"event-source": {0, 0, 20}})
}

// storm measures 1,000 Warnings a second.
func (b *bench) storm() error {
	c, err := b.start(setup{})
	if err != nil {
		return err
	}
	defer c.close()
	for _, p := range c.both() {
		if err := p.ResetPeak(); err != nil {
			return err
		}
	}
	wrote, err := c.notify.Written()
	if err != nil {
		return err
	}
	var n int
	began := time.Now()
	spent, err := c.spend(func() (err error) {
		if n, err = b.rain(c.api, 1000, time.Duration(b.opts.seconds)*time.Second); err != nil {
			return err
		}
		return c.drained(n, time.Minute)
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	b.result.add(Measure{Stage: "storm", Process: "chain", Name: "sustained", Value: float64(n) / took.Seconds(), Unit: "events/s", Note: "offered: 1,000; a third are repeats; 200 objects"})
	b.perThousand("storm", spent, n, true)
	after, err := c.notify.Written()
	if err != nil {
		return err
	}
	b.result.add(Measure{Stage: "storm", Process: "notify", Name: "written per 1,000 events", Value: float64(after-wrote) / float64(n) * 1000 / kib, Unit: "KiB", Note: "by the watch, in the batches that formed"})
	b.result.add(Measure{Stage: "storm", Process: "notify", Name: "cards", Value: float64(len(c.bot.Messages())), Unit: "cards"})
	return c.report("storm", map[string][3]float64{"notify": {0, 0, 24}})
}

func (b *bench) perThousand(stage string, spent map[string]time.Duration, n int, target bool) {
	var sum time.Duration
	for _, name := range []string{"event-source", "notify"} {
		sum += spent[name]
		b.result.add(Measure{Stage: stage, Process: name, Name: "CPU per 1,000 events", Value: spent[name].Seconds() / float64(n) * 1000, Unit: "s"})
	}
	m := Measure{Stage: stage, Process: "both", Name: "CPU per 1,000 events", Value: sum.Seconds() / float64(n) * 1000, Unit: "s"}
	if target {
		m.Target = 0.25
	}
	b.result.add(m)
}

// burst measures what an open watch takes when 20,000 Warnings come at once.
func (b *bench) burst() error {
	const n = 20_000
	c, err := b.start(setup{})
	if err != nil {
		return err
	}
	defer c.close()
	events := b.events.stories(n, 200, 0)
	began := time.Now()
	spent, err := c.spend(func() error {
		for i := 0; i < n; i += 100 {
			c.api.Add(events[i : i+100]...)
		}
		return c.drained(n, 2*time.Minute)
	})
	if err != nil {
		return err
	}
	b.result.add(Measure{Stage: "burst", Process: "chain", Name: "sustained", Value: n / time.Since(began).Seconds(), Unit: "events/s", Target: 5000, AtLeast: true,
		Note: "20,000 Warnings at once through watch, batches and fsync; the stand-in API server shares the cores"})
	b.perThousand("burst", spent, n, false)
	return c.report("burst", nil)
}

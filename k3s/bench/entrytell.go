package main

import (
	"fmt"
	"strings"

	"github.com/edgebell/edgebell/k3s/process"
)

// tellEntry adds the figures of one way in.
func (b *bench) tellEntry(way wayIn, t, none *tally) {
	stage := "entry " + string(way)
	b.tellKube(stage, t, none)
	if way == byNone {
		return
	}
	program := map[wayIn]string{byWatch: "event-source", byAudit: "audit-webhook"}[way]
	b.result.add(Measure{Stage: stage, Process: program, Name: "CPU at idle", Value: t.idle, Unit: "% of a core",
		Note: fmt.Sprintf("over %d s; the kernel counts in steps of 10 ms", b.idleOfEntry())})
	idle := []process.Memory{t.inIdle}
	for _, v := range []struct {
		name string
		all  []process.Memory
		of   func(process.Memory) int64
	}{
		{"RSS at idle", idle, rss}, {"RssAnon at idle", idle, func(m process.Memory) int64 { return m.Anon }},
		{"RSS after the burst", t.in, rss}, {"peak RSS", t.in, func(m process.Memory) int64 { return m.Peak }},
	} {
		b.result.add(Measure{Stage: stage, Process: program, Name: v.name, Value: meanMiB(v.all, v.of), Unit: "MiB"})
	}
	for _, name := range []string{atOne, atForty, inBurst} {
		b.tellLoad(stage, program, name, t.loads[name])
	}
}

func (b *bench) tellLoad(stage, process, name string, c *cost) {
	achieved := float64(c.written) / c.wrote.Seconds()
	note := fmt.Sprintf("of %d, written at %s/s", c.written, short(achieved))
	b.result.quantiles(stage, "write to commit "+name, c.begun, c.answered, 0)
	b.result.add(Measure{Stage: stage, Process: "chain", Name: "lost " + name, Value: float64(c.lost), Unit: "events", Note: note})
	b.result.add(Measure{Stage: stage, Process: process, Name: "bytes per event " + name, Value: float64(c.bytes) / float64(c.written), Unit: "B", Note: wireNote[stage]})
	if name != atOne { // there the process's own clockwork would count
		b.result.add(Measure{Stage: stage, Process: process, Name: "CPU per 1,000 events " + name, Value: c.in.Seconds() / float64(c.written) * 1000, Unit: "s"})
	}
}

var wireNote = map[string]string{
	"entry watch": "from the API server, TLS, both directions",
	"entry audit": "from the API server, plain HTTP on loopback, both directions; Normal Events cost the same",
}

// tellKube adds what the API server needs, and how much of it is for the way in.
func (b *bench) tellKube(stage string, t, none *tally) {
	const process = "kube-apiserver"
	for _, name := range []string{atForty, inBurst} {
		c, base := t.loads[name], none.loads[name]
		b.result.add(Measure{Stage: stage, Process: process, Name: "CPU per 1,000 events " + name, Value: mean(c.kube), Unit: "s", Note: "rounds: " + list(c.kube)})
		if t == none {
			continue
		}
		var extra []float64
		for i := range c.kube {
			extra = append(extra, c.kube[i]-base.kube[i])
		}
		b.result.add(Measure{Stage: stage, Process: process, Name: "extra CPU per 1,000 events " + name, Value: mean(extra), Unit: "s", Note: "over none; rounds: " + list(extra)})
	}
	m := Measure{Stage: stage, Process: process, Name: "RSS", Value: meanMiB(t.kube, rss), Unit: "MiB", Note: "after all loads; kine is a process of its own here"}
	b.result.add(m)
	if t != none {
		b.result.add(Measure{Stage: stage, Process: process, Name: "extra RSS", Value: m.Value - meanMiB(none.kube, rss), Unit: "MiB", Note: "over none; one API server differs from the next by some MiB"})
	}
}

func rss(m process.Memory) int64 { return m.RSS }

func meanMiB(all []process.Memory, of func(process.Memory) int64) float64 {
	var v []float64
	for _, m := range all {
		v = append(v, float64(of(m))/kib)
	}
	return mean(v)
}

func mean(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}

func list(v []float64) string {
	var out []string
	for _, x := range v {
		out = append(out, short(x))
	}
	return strings.Join(out, ", ")
}

package alert

import (
	"math"
	"testing"
	"time"
)

// judged are what a Judge costs, by the clause that decides.
var judged = []struct {
	name string
	cfg  ConditionsConfig
}{
	{"filtered", ConditionsConfig{Filter: "type=Normal"}},
	{"message", ConditionsConfig{FilterMessage: "(?i)pull(ing)? image"}},
	{"muted for good", ConditionsConfig{Mute: "namespace=sandbox; reason in (Unhealthy,BackOff)"}},
	{"window", ConditionsConfig{Mute: "namespace=sandbox; reason in (Unhealthy,BackOff) @ 22:00-07:00 or sat,sun"}},
	{"rings", ConditionsConfig{}},
	{"rings, all clauses", ConditionsConfig{
		Filter:        "type=Warning,reason notin (Unhealthy); kind=Node,reason in (NodeNotReady)",
		FilterMessage: "!(?i)pull(ing)? image",
		Mute:          "namespace=sandbox; kind=Pod @ 12:00-13:00 or sat,sun",
		MinCount:      "severity=info: 5 in 10m; reason=BackOff: 3 in 1h",
	}},
}

func TestJudgeDoesNotAllocate(t *testing.T) {
	a := podAlert
	a.Message = "Back-off restarting failed container app in pod web-66869b676-8ls2m_shop"
	zone := mustZone(t, "Europe/Berlin")
	for _, tt := range judged {
		c := mustConditions(t, tt.cfg, zone)
		n := math.Inf(1)
		for range 10 { // the race detector has pools lose what they keep, at random
			n = min(n, testing.AllocsPerRun(100, func() { c.Judge(a, tuesday23, true) }))
		}
		if n != 0 {
			t.Errorf("%s: %v allocations", tt.name, n)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	a := podAlert
	a.Message = "Back-off restarting failed container app in pod web-66869b676-8ls2m_shop"
	zone := mustZone(b, "Europe/Berlin")
	for _, tt := range judged {
		c := mustConditions(b, tt.cfg, zone)
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Judge(a, tuesday23, true)
			}
		})
	}
	// As many entries as there may be, with windows that leave no gap.
	long := mutes{}
	for i := range maxEntries {
		e := mute{windows: []window{{everyDay, i * 22, i*22 + 22}}}
		e.spans = spansOf(e.windows)
		long = append(long, e)
	}
	b.Run("worst windows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			long.mutedFor(1<<maxEntries-1, tuesday23, time.UTC)
		}
	})
}

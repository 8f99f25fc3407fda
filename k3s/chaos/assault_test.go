package main

import (
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
)

// TestDamage holds that each promise of a hostile row can be seen to be broken.
func TestDamage(t *testing.T) {
	well := damage{sent: 1, honest: 12, named: 12, memory: mostMemory, disk: mostDisk, worst: mostDelay}
	tests := map[string]struct {
		change func(*damage)
		broken string
	}{
		"well":      {func(*damage) {}, ""},
		"silenced":  {func(d *damage) { d.named = 11 }, "11 of 12 honest stories"},
		"late":      {func(d *damage) { d.worst = mostDelay + 1 }, "waited for 30s"},
		"memory":    {func(d *damage) { d.memory++ }, "bytes of memory"},
		"disk":      {func(d *damage) { d.disk++ }, "bytes of disk"},
		"no attack": {func(d *damage) { d.sent = 0 }, "no attack"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := well
			tt.change(&d)
			if broken := strings.Join(d.judge(), "\n"); (broken == "") != (tt.broken == "") || !strings.Contains(broken, tt.broken) {
				t.Errorf("broken: %q, want %q", broken, tt.broken)
			}
		})
	}
}

// TestNamed: a story counts when a card names it, not when it is counted.
func TestNamed(t *testing.T) {
	bot := startBot(t)
	tell(t, bot, card.V2, card.Notices{}, group("Pod", "gate-001", "BackOff", 1, 0))
	var many []alert.Group
	for range 300 {
		many = append(many, group("Pod", "gate-002", "SystemOOM", 1<<20, 0))
	}
	tell(t, bot, card.V2, card.Notices{}, append(many, group("Pod", "gate-003", "BackOff", 1, 0))...)
	a := &assault{honest: []plea{
		{"Pod " + namespace + "/gate-001", time.Now().Add(-time.Minute)}, {"Pod " + namespace + "/gate-003", time.Now()},
	}}
	if n, worst := a.named(bot.Messages()); n != 1 || worst < 50*time.Second {
		t.Errorf("%d named, the worst after %s; want the first alone, after a minute", n, worst)
	}
}

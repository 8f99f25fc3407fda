package alert

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustConditions(t testing.TB, cfg ConditionsConfig, zone *time.Location) Conditions {
	t.Helper()
	c, err := ParseConditions(cfg, zone)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tuesday23 is Tuesday 23:00 in UTC.
var tuesday23 = time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	const (
		night   = "reason=BackOff @ 22:00-07:00"
		backOff = "Back-off restarting failed container"
	)
	ring := Verdict{Rings: true}
	tests := []struct {
		name   string
		cfg    ConditionsConfig
		unsure bool
		want   Verdict
	}{
		{"defaults", ConditionsConfig{}, false, ring},
		{"filtered", ConditionsConfig{Filter: "type=Normal"}, false, Verdict{}},
		{"filter wins over mute", ConditionsConfig{Filter: "type=Normal", Mute: "type"}, false, Verdict{}},
		{"message", ConditionsConfig{FilterMessage: "restarting"}, false, ring},
		{"message missed", ConditionsConfig{FilterMessage: "(?i)pull"}, false, Verdict{}},
		{"message excluded", ConditionsConfig{FilterMessage: "!restarting"}, false, Verdict{}},
		{"message not excluded", ConditionsConfig{FilterMessage: "!pull"}, false, ring},
		{"message not empty", ConditionsConfig{FilterMessage: "!^$"}, false, ring},
		{"message begins with !", ConditionsConfig{FilterMessage: `\!`}, false, Verdict{}},
		{"muted for good", ConditionsConfig{Mute: "reason=BackOff"}, false, Verdict{Muted: true}},
		{"muted for good, unsure", ConditionsConfig{Mute: "reason=BackOff"}, true, Verdict{Muted: true}},
		{"muted, another", ConditionsConfig{Mute: "reason=Failed"}, false, ring},
		{"for good wins over windows", ConditionsConfig{Mute: night + "; reason"}, false, Verdict{Muted: true}},
		{"window", ConditionsConfig{Mute: night}, false, Verdict{Rings: true, MutedFor: 8 * time.Hour}},
		{"window, unsure", ConditionsConfig{Mute: night}, true, ring},
		{"window of another", ConditionsConfig{Mute: "reason=Failed @ 22:00-07:00"}, false, ring},
		{"window ended", ConditionsConfig{Mute: "reason=BackOff @ 22:00-23:00"}, false, ring},
		{"adjacent", ConditionsConfig{Mute: "type @ 22:00-24:00; kind=Pod @ wed 00:00-06:00 or 06:00-06:30"}, false, Verdict{Rings: true, MutedFor: 7*time.Hour + 30*time.Minute}},
		{"never ends", ConditionsConfig{Mute: "type @ 00:00-12:00; kind=Pod @ 12:00-24:00"}, false, Verdict{Rings: true, MutedFor: 192 * time.Hour}},
		{"min", ConditionsConfig{MinCount: "reason=Failed: 2 in 1m; type=Warning: 5 in 10m"}, false, Verdict{Rings: true, Min: MinCount{5, 10 * time.Minute}}},
		{"first min counts", ConditionsConfig{MinCount: "kind=Pod: 1 in 1m; type=Warning: 5 in 10m"}, false, ring},
		{"no min", ConditionsConfig{MinCount: "kind=Node: 5 in 10m"}, false, ring},
		{"both", ConditionsConfig{Mute: night, MinCount: "type: 5 in 10m"}, true, Verdict{Rings: true, Min: MinCount{5, 10 * time.Minute}}},
		{"both, sure", ConditionsConfig{Mute: night, MinCount: "type: 5 in 10m"}, false, Verdict{Rings: true, MutedFor: 8 * time.Hour, Min: MinCount{5, 10 * time.Minute}}},
	}
	a := podAlert
	a.Message = backOff
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustConditions(t, tt.cfg, nil).Judge(a, tuesday23, !tt.unsure)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
	if v := (Conditions{}).Judge(a, tuesday23, true); v != (Verdict{}) {
		t.Errorf("the zero Conditions: %+v", v)
	}
}

package alert

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	const (
		met   = "FILTER: match: selector 1 of 1: type=Warning"
		text  = "FILTER_MESSAGE: not set"
		mute  = "MUTE: not set"
		count = "MIN_COUNT: not set"
		night = "reason=BackOff @ 22:00-07:00"
	)
	a := podAlert
	a.Message = "Back-off\nrestarting"
	tests := []struct {
		name   string
		cfg    ConditionsConfig
		unsure bool
		want   []string
	}{
		{"nothing set", ConditionsConfig{}, false, []string{met, text, mute, count, "told at once"}},
		{"filter", ConditionsConfig{Filter: "type=Normal", Mute: "type"}, false, []string{
			`ignored: FILTER: no match: selector 1 of 1: type=Normal, but type is "Warning"`,
		}},
		{"message", ConditionsConfig{FilterMessage: "pull\t", Mute: "type"}, false, []string{
			met, `ignored: FILTER_MESSAGE: no match: the message does not match "pull\t"`,
		}},
		{"excluded message", ConditionsConfig{FilterMessage: "!(?i)back-OFF"}, false, []string{
			met, `ignored: FILTER_MESSAGE: no match: the message matches "(?i)back-OFF", which it must not match`,
		}},
		{"met message", ConditionsConfig{FilterMessage: "^Back", MinCount: "type: 5 in 90m"}, false, []string{
			met, `FILTER_MESSAGE: match: the message matches "^Back"`, mute, "MIN_COUNT: entry 1 of 1: type: 5 in 1h30m", "told after 5 within 1h30m",
		}},
		{"message not excluded", ConditionsConfig{FilterMessage: "!pull"}, false, []string{
			met, `FILTER_MESSAGE: match: the message does not match "pull", which it must not match`, mute, count, "told at once",
		}},
		{"for good", ConditionsConfig{Mute: night + "; kind=Pod", MinCount: "type: 5 in 10m"}, false, []string{
			met, text, "ignored: MUTE: entry 2 of 2, for good: kind=Pod",
		}},
		{"window", ConditionsConfig{Mute: "kind=Node; " + night, MinCount: "kind=Node: 3 in 1m; type: 5 in 10m"}, false, []string{
			met, text, "MUTE: entry 2 of 2 mutes now: " + night, "MIN_COUNT: entry 2 of 2: type: 5 in 10m",
			"muted until Wed 2026-11-25 07:00 CST, then told after 5 within 10m",
		}},
		{"window and unsure", ConditionsConfig{Mute: night}, true, []string{
			met, text, "MUTE: entry 1 of 1 does not mute while nobody vouches for the clock: " + night, count, "told at once",
		}},
		{"other times", ConditionsConfig{Mute: "type @ sat; reason @ sun 10:00-12:00", MinCount: "kind=Node: 3 in 1m"}, false, []string{
			met, text, "MUTE: entry 1 of 2 matches, but not now: type @ sat 00:00-24:00", "MIN_COUNT: no entry matches, so once is enough", "told at once",
		}},
		{"no entry", ConditionsConfig{Mute: "type=Normal", MinCount: "kind=Pod: 1 in 1m"}, false, []string{
			met, text, "MUTE: no entry matches", "MIN_COUNT: entry 1 of 1: kind=Pod: 1 in 1m", "told at once",
		}},
		{"no gap", ConditionsConfig{Mute: "type @ mon-fri; kind=Pod @ sat,sun"}, false, []string{
			met, text, "MUTE: entry 1 of 2 mutes now: type @ mon-fri 00:00-24:00", count, "muted for 192h at least, for the windows leave no gap",
		}},
	}
	// Tuesday 15:00 in UTC is 23:00 in Shanghai.
	zone := mustZone(t, "Asia/Shanghai")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustConditions(t, tt.cfg, zone).Explain(a, tuesday23.Add(-8*3600e9), !tt.unsure)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

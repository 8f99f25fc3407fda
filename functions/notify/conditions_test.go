package notify

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A bubble begins at 2000-01-01 00:00 UTC, a Saturday, 08:00 in Shanghai.

// TestAWindowOfMuteIsKeptAtDelivery: what came before it began, but was not told
// yet, waits, too; so does what an outage kept, and good news.
func TestAWindowOfMuteIsKeptAtDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Conditions.Mute = "reason=BackOff @ 09:00-17:00" }, "default")
		defer r.stop()
		time.Sleep(time.Hour - 2*time.Second) // 08:59:58
		r.happen("Pod shop/early BackOff", 1) // due after GROUP_WAIT, within the window
		time.Sleep(time.Hour)
		r.want("default")
		r.happen("Pod shop/within BackOff", 1)
		r.happen("Pod shop/other Failed", 1) // nothing mutes it
		time.Sleep(time.Minute)
		r.want("default", "other×1")
		time.Sleep(6*time.Hour + 50*time.Minute) // 16:51
		r.want("default", "other×1")
		if st := r.f.Status().Backlog; st.Groups != 2 {
			t.Errorf("backlog %+v, want both kept", st)
		}
		time.Sleep(10 * time.Minute)
		r.want("default", "other×1", "early×1", "within×1")
	})
}

// TestAMutedGroupHoldsUpNeitherNoticesNorOthers, however long it waits.
func TestAMutedGroupHoldsUpNeitherNoticesNorOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) {
			c.Conditions.Mute, c.Heartbeat = "reason=BackOff @ 08:30-17:00", "10:00"
		}, "default")
		defer r.stop()
		time.Sleep(30*time.Minute - 2*time.Second)
		r.happen("Pod shop/early BackOff", 1)
		time.Sleep(3 * time.Hour)
		r.want("default", "heartbeat")
		began := time.Now()
		r.happen("Pod shop/other Failed", 1)
		time.Sleep(time.Minute)
		r.want("default", "heartbeat", "other×1")
		if took := r.on["default"].told()[1].At.Sub(began); took > 25*time.Second {
			t.Errorf("told after %s", took)
		}
	})
}

// TestWindowsDoNotMuteBeforeTheClockIsSure, and do from then on.
func TestWindowsDoNotMuteBeforeTheClockIsSure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Conditions.Mute = "reason=BackOff @ 08:00-17:00" }, "default")
		defer r.stop()
		var sure atomic.Bool
		r.f.usage.mu.Lock()
		r.f.usage.now = func() (time.Time, bool) { return time.Now(), sure.Load() }
		r.f.usage.mu.Unlock()
		r.happen("Pod shop/a BackOff", 1)
		time.Sleep(time.Minute)
		r.want("default", "a×1")
		sure.Store(true)
		r.happen("Pod shop/b BackOff", 1)
		time.Sleep(time.Hour)
		r.want("default", "a×1")
		time.Sleep(9 * time.Hour)
		r.want("default", "a×1", "b×1")
	})
}

func TestMutedForGoodIsCountedAndNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Conditions.Mute = "namespace=sandbox; reason=BackOff @ 08:00-17:00" }, "default")
		defer r.stop()
		r.happen("Pod sandbox/a Failed", 1)
		r.happen("Pod shop/b BackOff", 1)
		time.Sleep(time.Minute)
		var b strings.Builder
		r.f.writeMetrics(&b)
		for _, want := range []string{`edgebell_events_muted_total{until="ever"} 1`, `edgebell_events_muted_total{until="window_ends"} 1`, `edgebell_groups 1`} {
			if !strings.Contains(b.String(), want+"\n") {
				t.Errorf("metrics lack %s", want)
			}
		}
	})
}

func TestMinCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Conditions.MinCount = "reason=BackOff: 5 in 10m" }, "default")
		defer r.stop()
		r.happen("Pod shop/seldom BackOff", 4)
		r.happen("Pod shop/often BackOff", 2)
		time.Sleep(5 * time.Minute)
		r.happen("Pod shop/often BackOff", 5)
		time.Sleep(10 * time.Minute)
		r.want("default", "often×5")
		r.happen("Pod shop/seldom BackOff", 8) // the first four are too long ago
		time.Sleep(time.Minute)
		r.want("default", "often×5")
		var b strings.Builder
		r.f.writeMetrics(&b)
		if want := "edgebell_below_min_count_total 4\n"; !strings.Contains(b.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	})
}

func TestRepeatBySeverity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.RepeatCritical, c.RepeatWarning = 10*time.Minute, 6*time.Hour }, "default")
		defer r.stop()
		for n := 1; n <= 13; n++ {
			r.happen("Node n1 SystemOOM", n)
			r.happen("Pod shop/web BackOff", n)
			time.Sleep(5 * time.Minute)
		}
		crit, warn := 0, 0
		for _, s := range r.objects("default") {
			if strings.HasPrefix(s, "n1") {
				crit++
			} else {
				warn++
			}
		}
		if crit < 5 || crit > 7 || warn != 1 {
			t.Errorf("%d critical and %d other cards within 65 minutes, want six or so and 1", crit, warn)
		}
	})
}

func TestConditionsAreRefusedByName(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`FILTER: column 1`:                       func(c *Config) { c.Conditions.Filter = "knd=Node" },
		`FILTER_MESSAGE: column`:                 func(c *Config) { c.Conditions.FilterMessage = "a(" },
		`MUTE: column`:                           func(c *Config) { c.Conditions.Mute = "kind=Node @ 25:00-26:00" },
		`MIN_COUNT: column`:                      func(c *Config) { c.Conditions.MinCount = "kind=Node: often" },
		`REPEAT_INTERVAL_CRITICAL -1s: must be`:  func(c *Config) { c.RepeatCritical = -time.Second },
		`UPDATE_INTERVAL 1s: must be 5s to 8760`: func(c *Config) { c.UpdateInterval = time.Second },
	} {
		cfg := testConfig(t)
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

// TestNoticesWithoutAStoryAreFew, also while stories are due that wait.
func TestNoticesWithoutAStoryAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouted(t, func(c *Config) { c.Conditions.Mute = "reason=BackOff @ 08:30-17:00" }, "default")
		defer r.stop()
		time.Sleep(30*time.Minute - 2*time.Second)
		r.happen("Pod shop/early BackOff", 1) // due all the time
		for range 110 {
			if err := r.l.AddDropped("no_room", 1); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		r.want("default", "notice", "notice")
	})
}

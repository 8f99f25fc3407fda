package notify

import (
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/ledger"
)

// A bubble begins at 2000-01-01 00:00 UTC, 08:00 in Shanghai.

// beats are the heartbeats that were told.
func (h *harness) beats() []try {
	var out []try
	for _, t := range h.ch.told() {
		if t.Out.Heartbeat != nil {
			out = append(out, t)
		}
	}
	return out
}

func sure(offset time.Duration) Option {
	return WithTime(func() (time.Time, bool) { return time.Now().Add(offset), true })
}

func beatsAt(tries []try) []string {
	var out []string
	for _, t := range tries {
		out = append(out, t.At.In(time.FixedZone("", 8*3600)).Format("02 15:04"))
	}
	return out
}

// restart closes the ledger and opens it again under a new function.
func (h *harness) restart(t *testing.T, stop func(), opts ...Option) (again func()) {
	t.Helper()
	stop()
	l, err := ledger.Open(h.f.cfg.Ledger, ledger.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	h.l = l
	h.f = New(h.f.cfg, l, single(h.ch), append(opts, WithLogger(slog.New(slog.DiscardHandler)))...)
	return h.start(t)
}

func TestHeartbeatOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.Heartbeat = "09:00" })
		stop := h.start(t)
		synctest.Wait() // the count of the day has begun
		h.happen(t, 1, 3)
		time.Sleep(26 * time.Hour)           // to the 2nd, 10:00
		stop = h.restart(t, stop, sure(0))   // repeats nothing
		time.Sleep(time.Hour)                // 11:00
		stop = h.restart(t, stop)            // nor without a clock that is vouched for
		time.Sleep(22*time.Hour + time.Hour) // to the 3rd, 10:00
		stop()
		if diff := cmp.Diff([]string{"01 09:00", "02 09:00", "03 09:00"}, beatsAt(h.beats())); diff != "" {
			t.Errorf("heartbeats (-want +got):\n%s", diff)
		}
		first, second := h.beats()[0].Out.Heartbeat, h.beats()[1].Out.Heartbeat
		if first.Cards != 1 || first.Occurrences != 3 || second.Cards != 0 || second.Occurrences != 0 || second.Since.Round(time.Hour) != 24*time.Hour {
			t.Errorf("heartbeats say %+v and %+v", first, second)
		}
	})
}

func TestHeartbeatIsOffByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		defer h.start(t)()
		time.Sleep(72 * time.Hour)
		if n := h.ch.tried(); n != 0 {
			t.Errorf("%d messages in three quiet days", n)
		}
	})
}

// TestHeartbeatWithAWrongClock lets the wall clock stand, jump and go back:
// never two heartbeats within 20 h, never none for long.
func TestHeartbeatWithAWrongClock(t *testing.T) {
	for name, wall := range map[string]func(time.Time) time.Time{
		"stands":        func(time.Time) time.Time { return time.Date(1970, 1, 1, 0, 5, 0, 0, time.UTC) },
		"an hour a day": func(t time.Time) time.Time { return t.Add(t.Sub(t.Truncate(time.Hour)) * 24) },
		"goes back":     func(t time.Time) time.Time { return t.Add(-3 * t.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))) },
		"years ahead":   func(t time.Time) time.Time { return t.AddDate(30, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, func(c *Config) { c.Heartbeat = "09:00" })
				WithTime(func() (time.Time, bool) { return wall(time.Now()), false })(h.f)
				stop := h.start(t)
				for range 10 {
					time.Sleep(24 * time.Hour)
					stop = h.restart(t, stop, WithTime(func() (time.Time, bool) { return wall(time.Now()), false }))
				}
				stop()
				beats := h.beats()
				for i := 1; i < len(beats); i++ {
					if apart := beats[i].At.Sub(beats[i-1].At); apart < 20*time.Hour || apart > 50*time.Hour {
						t.Errorf("heartbeats %s apart", apart)
					}
				}
				if len(beats) < 6 {
					t.Errorf("%d heartbeats in ten days", len(beats))
				}
			})
		})
	}
}

func TestHeartbeatTellsOfAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.Heartbeat = "09:00" })
		var down atomic.Bool
		down.Store(true)
		h.ch.answer = func(int, int, Outgoing) error {
			if down.Load() {
				return offline()
			}
			return nil
		}
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(5 * time.Hour) // over 09:00
		if n := len(h.beats()); n != 0 {
			t.Errorf("%d heartbeats while the link was down", n)
		}
		down.Store(false)
		time.Sleep(10 * time.Minute)
		beats := h.beats()
		if len(beats) != 1 || len(h.ch.told()) != 2 {
			t.Fatalf("%d heartbeats, %d messages, want the story and then the heartbeat", len(beats), len(h.ch.told()))
		}
		if off := beats[0].Out.Heartbeat.Offline; off < 290*time.Minute || off > 302*time.Minute {
			t.Errorf("heartbeat says offline for %s, want about 5h", off)
		}
	})
}

func TestRefusedHeartbeatIsLeftToTomorrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.Heartbeat = "09:00" })
		h.ch.answer = func(int, int, Outgoing) error {
			return &SendError{Outcome: MessageRefused, Err: errors.New("code 11246")}
		}
		defer h.start(t)()
		time.Sleep(47 * time.Hour)
		if n := h.ch.tried(); n != 2 {
			t.Errorf("%d tries in two days, want 2", n)
		}
	})
}

func TestDailyConfig(t *testing.T) {
	for _, tc := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Heartbeat = "9" }, `HEARTBEAT "9": must be a time of day such as 09:00`},
		{func(c *Config) { c.Heartbeat = "25:00" }, `HEARTBEAT "25:00"`},
		{func(c *Config) { c.BudgetPerDay = 100 }, `DATA_BUDGET_PER_DAY 100: must be at least 50000`},
		{func(c *Config) { c.BudgetPerDay = -1 }, `DATA_BUDGET_PER_DAY -1`},
		{func(c *Config) { c.Page = "yes" }, `PAGE "yes": must be on or off`},
	} {
		cfg := testConfig(t)
		tc.change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("error is %v, want %s", err, tc.want)
		}
	}
}

// TestUsageByMonth counts on over restarts and begins anew with the month.
func TestUsageByMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		h.costly(1000)
		stop := h.start(t)
		h.happen(t, 1, 1)
		time.Sleep(48 * time.Hour)
		stop = h.restart(t, stop, sure(0))
		h.happen(t, 2, 1)
		time.Sleep(time.Minute)
		if u := h.f.Status().Usage; u.Today != 1000 || u.ThisMonth != 2000 {
			t.Errorf("usage %+v, want 1000 today and 2000 this month", u)
		}
		time.Sleep(31 * 24 * time.Hour)
		if u := h.f.Status().Usage; u.Today != 0 || u.ThisMonth != 0 {
			t.Errorf("usage %+v after the month, want none", u)
		}
		stop()
	})
}

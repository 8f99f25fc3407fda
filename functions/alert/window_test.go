package alert

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones do not depend on the machine

	"pgregory.net/rapid"
)

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// In Berlin the clock goes from 02:00 to 03:00 on 29 March 2026 and from 03:00
// to 02:00 on 25 October, both Sundays.
func TestWindows(t *testing.T) {
	const cet, cest = "+01:00", "+02:00"
	tests := []struct {
		name, windows, now string
		want               time.Duration
	}{
		{"before", "22:00-07:00", "2026-11-24T21:59:59" + cet, 0},
		{"begin", "22:00-07:00", "2026-11-24T22:00:00" + cet, 9 * time.Hour},
		{"inside, to the nanosecond", "22:00-07:00", "2026-11-24T23:30:15.25" + cet, 7*time.Hour + 29*time.Minute + 44*time.Second + 750*time.Millisecond},
		{"last moment", "22:00-07:00", "2026-11-25T06:59:59.999999999" + cet, 1},
		{"end", "22:00-07:00", "2026-11-25T07:00:00" + cet, 0},
		{"now in another zone", "22:00-07:00", "2026-11-24T21:00:00Z", 9 * time.Hour},
		{"over midnight from Friday", "fri 22:00-07:00", "2026-11-28T06:00:00" + cet, time.Hour},
		{"not from Saturday", "fri 22:00-07:00", "2026-11-28T23:00:00" + cet, 0},
		{"not into Friday", "fri 22:00-07:00", "2026-11-27T06:00:00" + cet, 0},
		{"over the week's end", "sat 22:00-07:00", "2026-11-28T23:00:00" + cet, 8 * time.Hour},
		{"weekend", "sat,sun", "2026-11-28T12:00:00" + cet, 36 * time.Hour},
		{"range over the week's end", "sat-mon", "2026-11-28T00:00:00" + cet, 72 * time.Hour},
		{"joined", "mon-fri 20:00-24:00 or 00:00-06:00", "2026-11-24T21:00:00" + cet, 9 * time.Hour},
		{"overlapping", "20:00-23:00 or 22:00-01:00 or tue 22:30-04:00", "2026-11-24T21:00:00" + cet, 7 * time.Hour},
		{"all week but an hour", "00:00-12:00 or 13:00-24:00 or mon-sat", "2026-11-22T13:00:00" + cet, 6*24*time.Hour + 23*time.Hour},

		{"spring night", "22:00-07:00", "2026-03-28T23:00:00" + cet, 7 * time.Hour},
		{"spring day", "sun", "2026-03-29T00:00:00" + cet, 23 * time.Hour},
		{"spring, before the skipped hour", "02:00-03:00", "2026-03-29T01:59:59" + cet, 0},
		{"spring, after the skipped hour", "02:00-03:00", "2026-03-29T03:00:00" + cest, 0},
		{"spring, end skipped", "22:00-02:30", "2026-03-28T23:00:00" + cet, 3 * time.Hour},
		{"spring, begin skipped", "02:30-04:00", "2026-03-29T03:00:00" + cest, time.Hour},
		{"autumn night", "22:00-07:00", "2026-10-24T23:00:00" + cest, 9 * time.Hour},
		{"autumn day", "sun", "2026-10-25T00:00:00" + cest, 25 * time.Hour},
		{"autumn, end comes twice", "22:00-02:30", "2026-10-24T23:00:00" + cest, 3*time.Hour + 30*time.Minute},
		{"autumn, again before the end", "22:00-02:30", "2026-10-25T02:00:00" + cet, 30 * time.Minute},
		{"autumn, begin comes twice", "02:30-04:00", "2026-10-25T02:45:00" + cest, 15 * time.Minute},
		{"autumn, after the second begin", "02:30-04:00", "2026-10-25T02:45:00" + cet, 75 * time.Minute},
		{"autumn, the doubled hour", "02:00-03:00", "2026-10-25T02:15:00" + cest, 105 * time.Minute},
	}
	berlin := mustZone(t, "Europe/Berlin")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339Nano, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			c := mustConditions(t, ConditionsConfig{Mute: "type @ " + tt.windows}, berlin)
			if got := c.Judge(podAlert, now, true).MutedFor; got != tt.want {
				t.Errorf("%s at %s: muted for %s, want %s", tt.windows, tt.now, got, tt.want)
			}
		})
	}
}

// Offsets were not always whole minutes.
func TestWindowOfAnOddOffset(t *testing.T) {
	zone := time.FixedZone("LMT", 8*3600+5*60+43)
	c := mustConditions(t, ConditionsConfig{Mute: "type @ 22:00-07:00"}, zone)
	now := time.Date(1900, 1, 1, 6, 59, 1, 0, zone)
	if got := c.Judge(podAlert, now, true).MutedFor; got != 59*time.Second {
		t.Errorf("muted for %s, want 59s", got)
	}
}

// covers is the meaning of a window by the words of its documentation.
func covers(w window, t time.Time) bool {
	today, yesterday := t.Weekday(), (t.Weekday()+6)%7
	minute := t.Hour()*60 + t.Minute()
	if w.from < w.to {
		return w.days.has(today) && w.from <= minute && minute < w.to
	}
	return w.days.has(today) && minute >= w.from || w.days.has(yesterday) && minute < w.to
}

// walk is how long from now on some window covers every minute.
func walk(all []window, now time.Time) time.Duration {
	muted := func(t time.Time) bool {
		for _, w := range all {
			if covers(w, t) {
				return true
			}
		}
		return false
	}
	limit := now.Add(searched)
	for t := now; t.Before(limit); t = t.Truncate(time.Minute).Add(time.Minute) {
		if !muted(t) {
			return t.Sub(now)
		}
	}
	return searched
}

func drawWindow(t *rapid.T) window {
	// Few steps of the day make windows meet; the night of the changes is finer.
	minute := rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 7), func(n int) int { return n * 180 }),
		rapid.Map(rapid.IntRange(0, 12), func(n int) int { return n * 20 }),
		rapid.IntRange(0, minutesOfDay-1),
	)
	w := window{days: weekdays(rapid.IntRange(1, int(everyDay)).Draw(t, "days")), from: minute.Draw(t, "from")}
	if w.to = minute.Draw(t, "to"); w.to == 0 {
		w.to = minutesOfDay
	}
	if w.to == w.from {
		w.to++
	}
	return w
}

// Zones whose clocks change by an hour, by half an hour, at midnight, backwards
// in winter, over a day, and not at all; and a moment near the change.
var changes = []struct {
	zone string
	near time.Time
}{
	{"Europe/Berlin", time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)},
	{"Europe/Berlin", time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)},
	{"Australia/Lord_Howe", time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC)},
	{"America/Havana", time.Date(2026, 3, 8, 5, 0, 0, 0, time.UTC)},
	{"America/Havana", time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)},
	{"Africa/Casablanca", time.Date(2026, 2, 15, 2, 0, 0, 0, time.UTC)},
	{"Pacific/Apia", time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC)},
	{"Asia/Shanghai", time.Date(2026, 11, 24, 16, 0, 0, 0, time.UTC)},
}

func TestWindowsAgreeWithAWalk(t *testing.T) {
	zones := map[string]*time.Location{}
	for _, c := range changes {
		zones[c.zone] = mustZone(t, c.zone)
	}
	rapid.Check(t, func(t *rapid.T) {
		change := rapid.SampledFrom(changes).Draw(t, "change")
		back := time.Duration(rapid.Int64Range(-int64(9*24*time.Hour), int64(24*time.Hour)).Draw(t, "from the change"))
		now := change.near.Add(back).In(zones[change.zone])
		var m mutes
		var windows []window
		for range rapid.IntRange(1, 4).Draw(t, "entries") {
			e := mute{windows: rapid.SliceOfN(rapid.Custom(drawWindow), 1, 4).Draw(t, "windows")}
			e.spans = spansOf(e.windows)
			m, windows = append(m, e), append(windows, e.windows...)
		}
		got, want := m.mutedFor(1<<len(m)-1, now, zones[change.zone]), walk(windows, now)
		if got != want {
			t.Fatalf("%v at %s: muted for %s, the walk says %s", windows, now, got, want)
		}
	})
}

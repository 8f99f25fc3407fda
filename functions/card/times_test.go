package card

import (
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

func at(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse("2006-01-02 15:04:05 -0700", s+" +0800")
	if err != nil {
		panic(err)
	}
	return t
}

func TestOccurrences(t *testing.T) {
	tests := []struct {
		name             string
		total, delivered int64
		first, last      string
		zh, en           string
	}{
		{"once", 1, 0, "2026-11-24 02:14:03", "2026-11-24 02:14:03", "1 次，02:14", "×1 at 02:14"},
		{"a span", 17, 0, "2026-11-24 02:14:03", "2026-11-24 05:31:00", "17 次，02:14–05:31", "×17 since 02:14, last 05:31"},
		{"told before", 22, 17, "2026-11-24 02:14:03", "2026-11-24 05:31:00", "新增 5 次，累计 22 次，02:14–05:31", "5 more, ×22 since 02:14, last 05:31"},
		{"told in full", 22, 22, "2026-11-24 02:14:03", "2026-11-24 05:31:00", "22 次，02:14–05:31", "×22 since 02:14, last 05:31"},
		{"over midnight", 2, 0, "2026-11-23 23:59:00", "2026-11-24 00:01:00", "2 次，11-23 23:59–00:01", "×2 since 11-23 23:59, last 00:01"},
		{"yesterday", 2, 0, "2026-11-23 20:00:00", "2026-11-23 21:00:00", "2 次，11-23 20:00–21:00", "×2 since 11-23 20:00, last 21:00"},
		{"another year", 2, 0, "2025-11-24 20:00:00", "2025-12-24 21:00:00", "2 次，2025-11-24 20:00–2025-12-24 21:00", "×2 since 2025-11-24 20:00, last 2025-12-24 21:00"},
		{"no first", 3, 0, "", "2026-11-24 05:31:00", "3 次，最近 05:31", "×3, last 05:31"},
		{"no last", 3, 0, "2026-11-24 05:31:00", "", "3 次，05:31", "×3 at 05:31"},
		{"no times", 3, 0, "", "", "3 次，时间未知", "×3, time unknown"},
		{"turned", 3, 0, "2026-11-24 05:31:00", "2026-11-24 02:14:00", "3 次，02:14–05:31", "×3 since 02:14, last 05:31"},
		{"never set clock", 3, 0, "1970-01-01 08:00:10", "1970-01-01 08:02:00", "3 次，1970-01-01 08:00–08:02", "×3 since 1970-01-01 08:00, last 08:02"},
		{"no count", 0, 0, "", "", "1 次，时间未知", "×1, time unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := alert.Group{Total: tt.total, First: at(tt.first), Last: at(tt.last), Delivered: map[string]int64{"r": tt.delivered}}
			for language, want := range map[string]string{"zh": tt.zh, "en": tt.en} {
				if got := testRenderer(t, language).occurrences(g, "r", at("2026-11-24 08:00:00")); got != want {
					t.Errorf("%s: got %q, want %q", language, got, want)
				}
			}
		})
	}
}

func TestDelivery(t *testing.T) {
	tests := []struct{ name, last, sent, want string }{
		{"at once", "2026-11-24 05:31:00", "2026-11-24 05:31:05", ""},
		{"within five minutes", "2026-11-24 05:31:00", "2026-11-24 05:36:00", ""},
		{"late", "2026-11-24 05:31:00", "2026-11-24 08:20:00", "sent 08:20, 2 h 49 min late"},
		{"days late", "2026-11-22 05:31:00", "2026-11-24 08:20:00", "sent 11-24 08:20, 2 d 2 h late"},
		{"just late", "2026-11-24 05:31:00", "2026-11-24 05:36:40", "sent 05:36, 6 min late"},
		{"before it happened", "2026-11-24 05:31:00", "1970-01-01 08:01:00", "sent 1970-01-01 08:01 (its clock and the event's differ)"},
		{"unknown", "", "2026-11-24 05:31:05", ""},
		{"unknown sending", "2026-11-24 05:31:05", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := testRenderer(t, "en").delivery(at(tt.last), at(tt.sent)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestZone(t *testing.T) {
	r, err := New(Config{Timezone: "America/New_York"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	// The day is the reader's, not UTC's: 03:00 UTC is the evening before.
	ref := time.Date(2026, 7, 2, 3, 0, 0, 0, time.UTC)
	if got, want := r.stamp(ref.Add(-time.Hour), ref, minutes), "22:00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := r.stamp(ref.Add(2*time.Hour), ref, seconds), "07-02 01:00:00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		0:                               {"0 分", "0 min"},
		59 * time.Minute:                {"59 分", "59 min"},
		time.Hour:                       {"1 小时", "1 h"},
		169 * time.Minute:               {"2 小时 49 分", "2 h 49 min"},
		25*time.Hour + 10*time.Minute:   {"1 天 1 小时", "1 d 1 h"},
		-time.Hour:                      {"0 分", "0 min"},
		time.Duration(1<<63 - 1):        {"106751 天 23 小时", "106751 d 23 h"},
		59*time.Minute + 40*time.Second: {"1 小时", "1 h"},
	} {
		if got := [2]string{zhDuration(d), enDuration(d)}; got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

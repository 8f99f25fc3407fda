package notify

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/functions/ledger"
)

func in1970() time.Time { return time.Date(1970, 1, 1, 0, 5, 0, 0, time.UTC) }

func TestDatesSurviveARestartWithAClockOf1970(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		d, err := NewDates(h.l, in1970, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if !d.Now().Equal(released) {
			t.Errorf("with nothing known it is %s, want the release of %s", d.Now(), released)
		}
		learned := released.AddDate(3, 0, 0)
		d.Learn(learned)
		d.Learn(learned.Add(-time.Hour)) // an older answer changes nothing
		time.Sleep(2 * time.Hour)
		if got, want := d.Now(), learned.Add(2*time.Hour); !got.Equal(want) {
			t.Errorf("it is %s, want %s", got, want)
		}
		if err := h.l.Touch(); err != nil {
			t.Fatal(err)
		}
		if err := h.l.Close(); err != nil {
			t.Fatal(err)
		}
		l, err := ledger.Open(h.f.cfg.Ledger)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		again, err := NewDates(l, in1970, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got := again.Now(); got.Before(learned.Add(2*time.Hour)) || got.After(learned.Add(3*time.Hour)) {
			t.Errorf("after a restart it is %s, want about %s", got, learned.Add(2*time.Hour))
		}
	})
}

// TestCardGoesOutWithAClockOf1970 has a wall clock that is 56 years off, TLS
// with verification, and a signature to make.
func TestCardGoesOutWithAClockOf1970(t *testing.T) {
	for _, tc := range []struct {
		name     string
		from, to time.Time
		want     bool
	}{
		{"valid certificate", released.AddDate(0, -6, 0), time.Now().AddDate(50, 0, 0), true},
		{"expired certificate", released.AddDate(-2, 0, 0), released.AddDate(-1, 0, 0), false},
		{"certificate of the future", released.AddDate(60, 0, 0), released.AddDate(61, 0, 0), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHarness(t, nil)
			defer func() { _ = h.l.Close() }()
			bot := feishutest.NewBot(feishutest.Options{Secret: testSecret, CertNotBefore: tc.from, CertNotAfter: tc.to})
			bot.StartTLS()
			defer bot.Close()
			dates, err := NewDates(h.l, in1970, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			client, err := feishu.New(feishu.Config{URL: bot.URL, Secret: testSecret, MaxPerMinute: 20},
				feishu.WithRootCAs(bot.CertPool()), feishu.WithClock(in1970), feishu.WithTLSTime(dates.Now))
			if err != nil {
				t.Fatal(err)
			}
			cards, err := card.New(card.Config{}, card.Options{Cluster: "pi"})
			if err != nil {
				t.Fatal(err)
			}
			ch := NewFeishu(cards, client, dates)
			h.happen(t, 1, 1)
			groups, err := h.l.Groups()
			if err != nil {
				t.Fatal(err)
			}
			parts, err := ch.Render(0, Outgoing{Groups: groups, Route: "default", SentAt: in1970()})
			if err != nil {
				t.Fatal(err)
			}
			_, err = ch.Send(t.Context(), parts[0])
			if (err == nil) != tc.want || len(bot.Messages()) != map[bool]int{true: 1}[tc.want] {
				t.Errorf("send: %v, %d messages arrived; want delivered: %v", err, len(bot.Messages()), tc.want)
			}
			if tc.want && dates.Now().Before(time.Now().Add(-time.Minute)) {
				t.Errorf("after a verified answer it is still %s", dates.Now())
			}
		})
	}
}

package notify

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/functions/ledger"
)

const (
	testSecret = "correct-horse-battery"
	testToken  = "11111111-2222-4333-8444-555555555555"
)

// botHarness is the whole function with the real cards and the real client,
// before a stand-in bot.
type botHarness struct {
	*harness
	bot *feishutest.Bot
	log *bytes.Buffer
}

func newBotHarness(t *testing.T, opts feishutest.Options) *botHarness {
	t.Helper()
	opts.Token = testToken
	bot := feishutest.NewBot(opts)
	h := &botHarness{harness: newHarness(t, func(c *Config) { c.DigestThreshold = 3 }), bot: bot, log: new(bytes.Buffer)}
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cards, err := card.New(card.Config{}, card.Options{Keyword: "edgebell", Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := feishu.New(feishu.Config{
		URL: "http://127.0.0.1" + bot.Path(), Secret: testSecret, Keyword: "edgebell", MaxPerMinute: 20,
	}, feishu.WithTransport(bot.Transport()), feishu.WithLogger(log))
	if err != nil {
		t.Fatal(err)
	}
	h.f = New(h.f.cfg, h.l, single(NewFeishu(cards, client, nil)), WithLogger(log))
	return h
}

// TestEveryAnswerOfTheBot lets three stories happen while the bot misbehaves
// for two hours, then mends it: every story must arrive in the end, nothing may
// be dropped, and a story may be told twice only where its answer was lost.
func TestEveryAnswerOfTheBot(t *testing.T) {
	good := feishutest.Options{Secret: testSecret, Keywords: []string{"edgebell"}}
	with := func(change func(*feishutest.Options)) feishutest.Options {
		o := good
		change(&o)
		return o
	}
	for _, tc := range []struct {
		name       string
		opts       feishutest.Options
		fault      feishutest.Fault
		outage     bool
		state      string // of the link while the trouble lasts
		says       string // part of lastError
		duplicates bool
	}{
		{name: "well", opts: good, state: LinkUp},
		{name: "no link", opts: good, outage: true, state: LinkDown},
		{name: "wrong secret", opts: with(func(o *feishutest.Options) { o.Secret = "other" }), state: LinkRefused, says: "19021"},
		{name: "keyword that no card has", opts: with(func(o *feishutest.Options) { o.Keywords = []string{"else"} }), state: LinkRefused, says: "19024"},
		{name: "bot disabled", opts: with(func(o *feishutest.Options) { o.Disabled = true }), state: LinkRefused, says: "19007"},
		{name: "address not allowed", opts: with(func(o *feishutest.Options) { o.IPAllow = []string{"203.0.113.7"} }), state: LinkRefused, says: "19022"},
		{name: "bot removed", opts: good, fault: feishutest.Code(19001, "param invalid: incoming webhook access token invalid", 200), state: LinkRefused, says: "19001"},
		{name: "rate limited", opts: good, fault: feishutest.Code(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]", 200), state: LinkDown, says: "11232"},
		{name: "rate limited, old way", opts: good, fault: feishutest.Code(9499, "too many request", 400), state: LinkDown, says: "9499"},
		{name: "gateway limit", opts: good, fault: feishutest.Status(429, "x-ogw-ratelimit-reset", "90"), state: LinkDown},
		{name: "internal error", opts: good, fault: feishutest.Code(2200, "internal error", 500), state: LinkDown, says: "2200"},
		{name: "captive portal", opts: good, fault: feishutest.CaptivePortal(), state: LinkDown},
		{name: "bad gateway", opts: good, fault: feishutest.HTTP502HTML(), state: LinkDown},
		{name: "empty answer", opts: good, fault: feishutest.Empty200(), state: LinkDown},
		{name: "answer without a code", opts: good, fault: feishutest.JSONWithoutCode(), state: LinkDown},
		{name: "reset before the body is read", opts: good, fault: feishutest.ResetBeforeRead(), state: LinkDown},
		{name: "taken, answer lost", opts: good, fault: feishutest.AcceptThenReset(), state: LinkDown, duplicates: true},
		{name: "taken, answer torn", opts: good, fault: feishutest.TruncateBody(5), state: LinkDown, duplicates: true},
		{name: "success without the code", opts: with(func(o *feishutest.Options) { o.Success = feishutest.ShapeStatusCodeOnly }), state: LinkUp},
		{name: "success with the code alone", opts: with(func(o *feishutest.Options) { o.Success = feishutest.ShapeCodeOnly }), state: LinkUp},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newBotHarness(t, tc.opts)
				h.bot.Always(tc.fault)
				h.bot.Outage(tc.outage)
				defer h.start(t)()
				for i := range 3 {
					h.happen(t, i, int64(i+1))
				}
				time.Sleep(2 * time.Hour)
				if st := h.f.Status().Link; st.State != tc.state || !strings.Contains(st.LastError, tc.says) {
					t.Errorf("link %+v, want %s with %q", st, tc.state, tc.says)
				}
				if n := len(h.bot.Answers()); n > 200 {
					t.Errorf("%d requests in two hours of trouble", n)
				}

				h.bot.Outage(false)
				h.bot.Always(feishutest.NoFault())
				h.bot.Configure(func(o *feishutest.Options) {
					o.Secret, o.Keywords, o.Disabled, o.IPAllow = testSecret, good.Keywords, false, nil
				})
				time.Sleep(30 * time.Minute)
				h.wantAllTold(t, tc.duplicates)
			})
		})
	}
}

func (h *botHarness) wantAllTold(t *testing.T, duplicates bool) {
	t.Helper()
	for i := range 3 {
		name := []string{"app-0", "app-1", "app-2"}[i]
		n := 0
		for _, m := range h.bot.Messages() {
			n += strings.Count(m.Title, name)
		}
		if n != 1 && (!duplicates || n == 0) {
			t.Errorf("%s told %d times, want once", name, n)
		}
	}
	if d := h.l.Counts().Dropped; len(d) != 0 {
		t.Errorf("dropped %v, want nothing", d)
	}
	if waiting, _ := h.l.Backlog("default"); waiting != 0 {
		t.Errorf("%d groups still wait", waiting)
	}
	for _, secret := range []string{testToken, testSecret} {
		if strings.Contains(h.log.String(), secret) || strings.Contains(h.metricsText(), secret) {
			t.Errorf("the log or the metrics show a secret")
		}
	}
}

func (h *botHarness) metricsText() string {
	var b bytes.Buffer
	h.f.writeMetrics(&b)
	return b.String()
}

// TestCardThatIsRefusedFallsBack lets the bot refuse card JSON 2.0, as it does
// for one wrong property.
func TestCardThatIsRefusedFallsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBotHarness(t, feishutest.Options{Secret: testSecret})
		refuse := feishutest.Code(11246, "ErrCode: 200621; ErrMsg: parse card json err; ", 200)
		h.bot.Script(refuse, refuse)
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(time.Minute)
		var got []string
		for _, m := range h.bot.Messages() {
			got = append(got, m.MsgType)
		}
		if diff := cmp.Diff([]string{"post"}, got); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		h.happen(t, 2, 1)
		time.Sleep(time.Minute)
		if m := h.bot.Messages(); len(m) != 2 || m[1].Schema != "2.0" {
			t.Errorf("the next story is told as %q, want a card of 2.0 again", m[len(m)-1].Schema)
		}
	})
}

// TestWrongClock signs with a clock that is hours off.
func TestWrongClock(t *testing.T) {
	for _, offset := range []time.Duration{-3 * time.Hour, 3 * time.Hour, 26 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(27 * 365 * 24 * time.Hour) // a bubble begins in 2000, before there was a Feishu
			h := newBotHarness(t, feishutest.Options{Secret: testSecret})
			h.bot.SetOffset(offset)
			defer h.start(t)()
			h.happen(t, 1, 1)
			time.Sleep(time.Minute)
			if n := len(h.bot.Messages()); n != 1 {
				t.Errorf("clock off by %s: %d messages, want 1; answers %+v", offset, n, h.bot.Answers())
			}
			if n := len(h.bot.Answers()); n > 2 {
				t.Errorf("clock off by %s: %d requests, want at most one more than with a right clock", offset, n)
			}
		})
	}
}

// TestRestartInAnOutage kills the function while the link is down; the digest
// after the restart still knows when the outage began.
func TestRestartInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		h.ch.answer = func(int, int, Outgoing) error { return offline() }
		stop := h.start(t)
		began := time.Now()
		for i := range 9 {
			h.happen(t, i, 5)
		}
		time.Sleep(time.Hour)
		stop()

		l, err := ledger.Open(h.f.cfg.Ledger, ledger.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		again := &harness{l: l, ch: new(fakeChannel)}
		again.f = New(h.f.cfg, l, single(again.ch), WithLogger(slog.New(slog.DiscardHandler)))
		defer again.start(t)()
		time.Sleep(time.Minute)
		told := again.ch.told()
		if len(told) != 1 || !told[0].Out.Digest {
			t.Fatalf("told %+v, want one digest", summarize(told))
		}
		if since := told[0].Out.OfflineSince; since.Sub(began).Abs() > time.Minute {
			t.Errorf("digest says offline since %s, want %s", since, began)
		}
	})
}

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

var at = time.Date(2026, 5, 1, 10, 7, 0, 0, time.UTC)

func group(kind, name, reason string, total, delivered int64) alert.Group {
	a := alert.Alert{Cluster: cluster, Namespace: namespace, Kind: kind, Name: name, Type: "Warning", Reason: reason,
		Message: "×9, 8 groups of alerts, 7 occurrences\nUnhealthy · ×6", Count: total, First: at, Last: at}
	g := alert.NewGroup(a)
	g.Add(a, total)
	g.Delivered = map[string]int64{alert.DefaultRoute: delivered}
	return g
}

// tell renders groups as the function does and sends them to a bot.
func tell(t *testing.T, bot *feishutest.Bot, schema card.Schema, notices card.Notices, groups ...alert.Group) {
	t.Helper()
	r, err := card.New(card.Config{Language: "en", Timezone: "UTC"}, card.Options{Cluster: cluster})
	if err != nil {
		t.Fatal(err)
	}
	var m card.Message
	if len(groups) == 1 {
		m, err = r.Single(schema, card.Story{Group: groups[0], Route: alert.DefaultRoute, SentAt: at, Notices: notices})
	} else {
		var parts []card.Part
		parts, err = r.Digest(schema, card.Digest{Groups: groups, Route: alert.DefaultRoute, SentAt: at, Notices: notices})
		if err == nil {
			m = parts[0].Message
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	cfg := feishu.Config{URL: bot.URL}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	client, err := feishu.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = client.Send(t.Context(), feishu.Message{MsgType: m.MsgType, Payload: m.Payload}) // the bot says what came
}

func startBot(t *testing.T) *feishutest.Bot {
	t.Helper()
	bot := feishutest.NewBot(feishutest.Options{PerSecond: feishutest.Off, PerMinute: feishutest.Off})
	bot.Start()
	t.Cleanup(bot.Close)
	return bot
}

func TestRead(t *testing.T) {
	camera, nightly := group("Pod", "camera", "BackOff", 12, 5), group("Job", "nightly", "FailedCreate", 3, 0)
	odd := group("Pod", "gateway", "NobodyKnowsThis", 2, 0)
	gap := card.Notices{Gaps: []card.Gap{{From: at, To: at.Add(time.Hour), Why: "ledger_damaged"}}}
	wantCamera := telling{"BackOff Pod chaos/camera", 5, 12}
	wantNightly, wantOdd := telling{"FailedCreate Job chaos/nightly", 0, 3}, telling{"NobodyKnowsThis Pod chaos/gateway", 0, 2}
	for _, schema := range []card.Schema{card.V2, card.V1, card.Post} {
		t.Run(string(schema), func(t *testing.T) {
			bot := startBot(t)
			tell(t, bot, schema, card.Notices{}, camera)
			tell(t, bot, schema, gap, odd)
			tell(t, bot, schema, gap, camera, nightly, odd)
			var got [][]telling
			var notices []string
			for _, m := range bot.Messages() {
				r, err := read(m)
				if err != nil {
					t.Fatal(err)
				}
				got, notices = append(got, r.tellings), append(notices, r.notices...)
			}
			want := [][]telling{{wantCamera}, {wantOdd}, {wantCamera, wantNightly, wantOdd}}
			sorted := cmp.Transformer("sorted", func(in []telling) map[telling]bool {
				out := map[telling]bool{}
				for _, x := range in {
					out[x] = true
				}
				return out
			})
			if diff := cmp.Diff(want, got, sorted, cmp.AllowUnexported(telling{})); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if len(notices) != 2 || !strings.Contains(notices[0], gapTold) || !strings.Contains(notices[0], damageTold) {
				t.Errorf("notices: %q", notices)
			}
		})
	}
}

func TestReadRefusesWhatItCannotCount(t *testing.T) {
	bot := startBot(t)
	var many []alert.Group
	for i := range 12 {
		many = append(many, group("Pod", fmt.Sprintf("camera%c", 'a'+rune(i)), "BackOff", 1, 0))
	}
	tell(t, bot, card.V2, card.Notices{}, many...)
	post(t, bot, `{"msg_type":"interactive","card":{"elements":[{"tag":"div","text":{"tag":"plain_text","content":"hello"}}]}}`)
	for _, m := range bot.Messages() {
		if r, err := read(m); err == nil {
			t.Errorf("read %+v out of:\n%s", r, m.Plain())
		}
	}
}

func post(t *testing.T, bot *feishutest.Bot, body string) {
	t.Helper()
	resp, err := http.Post(bot.URL, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n := len(bot.Messages()); n == 0 {
		t.Fatal("the bot took nothing")
	}
}

// TestJudge holds that every promise can be seen to be broken.
func TestJudge(t *testing.T) {
	first, more, again := group("Pod", "camera", "BackOff", 5, 0), group("Pod", "camera", "BackOff", 12, 5), group("Pod", "camera", "BackOff", 6, 0)
	const camera = story("BackOff Pod chaos/camera")
	tests := map[string]struct {
		cards  []alert.Group
		faults []feishutest.Fault
		lives  []*life
		want   account
		broken string
	}{
		"all is well":    {cards: []alert.Group{first, more}, want: account{camera: 12}},
		"lost":           {cards: []alert.Group{first}, want: account{camera: 6}, broken: "5 told of 6"},
		"a story lost":   {cards: []alert.Group{first}, want: account{camera: 5, "X Pod chaos/x": 1}, broken: "X Pod chaos/x: 0 told of 1"},
		"counted twice":  {cards: []alert.Group{first, more}, want: account{camera: 11}, broken: "1 too many"},
		"made up":        {cards: []alert.Group{first}, want: account{}, broken: "5 too many"},
		"told backwards": {cards: []alert.Group{more, first}, want: account{camera: 5}, broken: "tells 5 of BackOff Pod chaos/camera after 12"},

		"repeated": {cards: []alert.Group{first, again}, want: account{camera: 6}, broken: "though it was answered"},
		"repeated, the answer was lost": {cards: []alert.Group{first, again}, want: account{camera: 6},
			faults: []feishutest.Fault{feishutest.AcceptThenReset()}},
		"repeated, killed before the mark": {cards: []alert.Group{first, again}, want: account{camera: 6},
			lives: []*life{{from: 0, to: 1}, {from: 1, to: -1}}},
		"repeated, killed after the mark": {cards: []alert.Group{first, again}, want: account{camera: 6},
			lives: []*life{{from: 0, to: 1, marked: 1}, {from: 1, to: -1}}, broken: "marked as delivered"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bot := startBot(t)
			bot.Script(tt.faults...)
			for _, g := range tt.cards {
				tell(t, bot, card.V2, card.Notices{}, g)
			}
			s := &scene{bot: bot, lives: tt.lives}
			if s.lives == nil {
				s.lives = []*life{{from: 0, to: -1}}
			}
			v := s.judge(tt.want)
			broken := strings.Join(append(v.broken, v.lacks...), "\n")
			if (tt.broken == "") != (broken == "") || !strings.Contains(broken, tt.broken) {
				t.Errorf("broken: %q, want %q", broken, tt.broken)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	some, err := choose(" storm, kill-both")
	if err != nil || len(some) != 2 || some[0].name != "storm" || some[1].name != "kill-both" {
		t.Errorf("chose %v, %v", some, err)
	}
	if _, err := choose("storm,nonsense"); err == nil || !strings.Contains(err.Error(), "kill-notify") {
		t.Errorf("want an error that names the rows, got %v", err)
	}
}

package webhooktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
	"github.com/edgebell/edgebell/functions/notify"
)

// Hostile are texts as an Event may bring them: mentions and markup of several
// services, links, direction overrides, escapes, and what breaks out of JSON.
var Hostile = []string{
	"<!channel> <@U123|x> <https://evil.example|click>", "@everyone @here [x](https://evil.example) ![i](http://evil.example/i.png)",
	"<at id=all></at> <at user_id=\"all\">all</at> <@all>", "*bold* _it_ ~no~ `code` ```\nfence", "\u202eevil\u2066 \x1b[31mred\x1b]8;;http://evil.example\x07x",
	`"},{"type":"divider"},{"x":"\u0000\`, "<b>x</b><script>alert(1)</script>&amp;&lt;", "tg://user?id=1 /start @bot", "{{.Secret}} ${HOME} %s %n",
	"\r\nX-Injected: 1\r\n\r\n.\r\n", "\xff\xfe invalid \xc3\x28", strings.Repeat("🔥内存", 50), "",
	"/stop@evilbot (/stop) www.evil.example tg://x", "Edgebell 运行正常 · id 0123abcd", "﷽⸻𒐫" + strings.Repeat("z\u0336\u20e0\u0301", 40),
}

// Group is one story about a Pod, all of its texts from message where a cluster
// may choose them.
func Group(name, message string) alert.Group {
	at := time.Date(2026, 11, 24, 2, 14, 0, 0, time.UTC)
	a := alert.Alert{
		Cluster: "pi", Namespace: "shop", Kind: "Pod", Name: name, Type: "Warning", Reason: "BackOff", Component: "kubelet",
		Node: "pi-1", Message: message, EventName: name, EventUID: name, Count: 3, First: at, Last: at.Add(time.Hour),
	}.Bounded()
	g := alert.NewGroup(a)
	g.Fingerprint = a.Fingerprint()
	g.Add(a, a.Count)
	return g
}

// HostileGroup has text wherever an Event has room for it.
func HostileGroup(text string) alert.Group {
	g := Group("web-0", text)
	a := g.Newest
	a.Namespace, a.Kind, a.Name, a.Node, a.Reason, a.Component, a.Cluster = text, text, text, text, text, text, text
	g.Newest = a.Bounded()
	g.Folded = text
	g.Fingerprint = g.Newest.Fingerprint()
	g.Objects = append(g.Objects, alert.Object{Name: text, Count: 2})
	return g
}

// Outgoings are one of each kind of message, by name.
func Outgoings() map[string]notify.Outgoing {
	at := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	recovered := Group("db-0", "Readiness probe failed")
	recovered.State = alert.Recovered
	notices := ledger.Notices{Dropped: map[string]int64{"no_room": 3}, MoreGaps: 2}
	return map[string]notify.Outgoing{
		"story":     {Groups: []alert.Group{Group("web-0", "Back-off restarting failed container")}, Notices: notices, SentAt: at},
		"related":   {Groups: []alert.Group{Group("web-0", "x")}, Related: []alert.Group{Group("web-1", "y")}, SentAt: at},
		"recovered": {Groups: []alert.Group{recovered}, SentAt: at},
		"digest":    Many(30, at),
		"notice":    {Notices: notices, SentAt: at},
		"heartbeat": {Heartbeat: &card.Heartbeat{SentAt: at, Cards: 3, Waiting: 1}, SentAt: at},
		"test":      {Test: true, SentAt: at},
	}
}

// Many is a digest of n stories with long messages.
func Many(n int, at time.Time) notify.Outgoing {
	o := notify.Outgoing{Digest: true, SentAt: at, OfflineSince: at.Add(-3 * time.Hour), Offline: 3 * time.Hour}
	for i := range n {
		o.Groups = append(o.Groups, Group(fmt.Sprintf("job-%03d", i), strings.Repeat(Hostile[i%len(Hostile)]+" ", 20)))
	}
	return o
}

// Conform sends every kind of message in every form, hostile texts, a message
// of a megabyte and a digest of 300 stories, and wants each taken by the
// stand-in behind c and each story told once. levels is how many forms there
// are.
func Conform(t *testing.T, c notify.Channel, levels int) {
	for level := range levels {
		for name, o := range Outgoings() {
			t.Run(fmt.Sprintf("%s, form %d", name, level), func(t *testing.T) { SendAll(t, c, level, o) })
		}
		for i, text := range Hostile {
			o := notify.Outgoing{Groups: []alert.Group{HostileGroup(text)}, SentAt: time.Unix(1, 0)}
			t.Run(fmt.Sprintf("hostile %d, form %d", i, level), func(t *testing.T) { SendAll(t, c, level, o) })
		}
		t.Run(fmt.Sprintf("a megabyte, form %d", level), func(t *testing.T) {
			g := Group("web-0", "")
			g.Newest.Message = strings.Repeat("<!channel> & \"内存\" ", 1<<16)
			SendAll(t, c, level, notify.Outgoing{Groups: []alert.Group{g}, SentAt: time.Unix(1, 0)})
		})
		t.Run(fmt.Sprintf("300 stories, form %d", level), func(t *testing.T) {
			SendAll(t, c, level, Many(300, time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)))
		})
	}
	if _, err := c.Render(levels, Outgoings()["story"]); !errors.Is(err, notify.ErrNoSimpler) {
		t.Errorf("form %d: error is %v, want ErrNoSimpler", levels, err)
	}
}

// SendAll renders o and sends each part; every story must be told once.
func SendAll(t testing.TB, c notify.Channel, level int, o notify.Outgoing) []notify.Part {
	t.Helper()
	parts, err := c.Render(level, o)
	if err != nil {
		t.Fatalf("render: %v", err)
	}
	var told []int
	for i, p := range parts {
		r, err := c.Send(context.Background(), p)
		if err != nil {
			t.Fatalf("part %d of %d: %v\n%s", i+1, len(parts), err, p.Payload)
		}
		if r.BytesOut < int64(len(p.Payload)) || r.BytesIn <= 0 {
			t.Errorf("receipt %+v for %d bytes", r, len(p.Payload))
		}
		told = append(told, p.Groups...)
	}
	slices.Sort(told)
	for i := range o.Groups {
		if i >= len(told) || told[i] != i {
			t.Fatalf("stories told are %v, want each of %d once", told, len(o.Groups))
		}
	}
	return parts
}

// Case is one answer and what it must mean.
type Case struct {
	Name  string
	Fault Fault
	Want  notify.Outcome
	// Delivered: it must be no error at all.
	Delivered bool
	After     time.Duration
	Says      string // must stand in the error
	Offline   bool
}

// Transport are the failures that mean the same on every channel.
var Transport = []Case{
	{Name: "reset before it was read", Fault: DropBefore(), Want: notify.Ambiguous, Offline: true},
	{Name: "reset after it was taken", Fault: DropAfter(), Want: notify.Ambiguous, Offline: true},
	{Name: "answer broken off", Fault: Truncate(), Want: notify.Ambiguous},
	{Name: "redirect", Fault: Redirect("https://portal.example/login?secret-in-path"), Want: notify.Retry, Says: "redirected to https://portal.example, which is not followed"},
	{Name: "bad gateway", Fault: Status(502, "<html>upstream</html>"), Want: notify.Retry, Says: "HTTP 502"},
	{Name: "unavailable", Fault: Answer(Reply{Status: 503, Header: map[string]string{"Retry-After": "7"}}), Want: notify.Retry, After: 7 * time.Second},
	{Name: "time-out", Fault: Status(408, ""), Want: notify.Retry},
}

// Outcomes sends the test message into each case's fault. No error may hold one
// of the secrets.
func Outcomes(t *testing.T, s *Server, c notify.Channel, secrets []string, cases ...Case) {
	parts, err := c.Render(0, notify.Outgoing{Test: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range cases {
		t.Run(tc.Name, func(t *testing.T) {
			s.Script(tc.Fault)
			_, err := c.Send(t.Context(), parts[0])
			if tc.Delivered {
				if err != nil {
					t.Errorf("error is %v, want none", err)
				}
				return
			}
			checkCase(t, tc, err, secrets)
		})
	}
	t.Run("never answered", func(t *testing.T) {
		s.Script(Hang())
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-s.Hanging(); cancel() }()
		_, err := c.Send(ctx, parts[0])
		checkCase(t, Case{Want: notify.Ambiguous, Offline: true}, err, secrets)
	})
}

func checkCase(t *testing.T, tc Case, err error, secrets []string) {
	t.Helper()
	var se *notify.SendError
	if !errors.As(err, &se) {
		t.Fatalf("error is %v, want a *notify.SendError", err)
	}
	if se.Outcome != tc.Want || se.RetryAfter != tc.After || se.Offline != tc.Offline {
		t.Errorf("outcome %s, wait %s, offline %v, want %s, %s, %v (%v)", se.Outcome, se.RetryAfter, se.Offline, tc.Want, tc.After, tc.Offline, err)
	}
	if !strings.Contains(err.Error(), tc.Says) {
		t.Errorf("error is %q, want %q in it", err, tc.Says)
	}
	printed := fmt.Sprintf("%v %+v %#v %#v", err, err, err, se.Err)
	for _, secret := range secrets {
		if strings.Contains(printed, secret) {
			t.Errorf("a secret is in %s", printed)
		}
	}
}

package email

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/email/emailtest"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

const (
	testUser     = "edgebell@example.org"
	testPassword = "correct horse battery"
)

func serve(t testing.TB, o emailtest.Options) *emailtest.Server {
	t.Helper()
	s, err := emailtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// configOf is a Config for a stand-in.
func configOf(s *emailtest.Server, o emailtest.Options) Config {
	scheme := "smtp://"
	if o.Implicit {
		scheme = "smtps://"
	}
	return Config{
		URL: scheme + s.Addr, Username: o.Username, Password: o.Password,
		From: "edgebell@example.org", To: []string{"oncall@example.org", " ops@example.net", ""},
	}
}

func channelOf(t testing.TB, cfg Config, o webhook.Options) notify.Channel {
	t.Helper()
	o.Cluster = "pi"
	ch, err := New(cfg, card.Config{Timezone: "UTC", RunbookURL: "https://runbook.example/{{.Reason}}"}, o)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

var good = emailtest.Options{Username: testUser, Password: testPassword}

func start(t testing.TB, o emailtest.Options) (*emailtest.Server, notify.Channel) {
	t.Helper()
	s := serve(t, o)
	return s, channelOf(t, configOf(s, o), webhook.Options{Roots: s.Roots})
}

// TestEverythingArrives: all that there is to tell, in both forms, is taken by
// the strict server, and its text is what was rendered.
func TestEverythingArrives(t *testing.T) {
	s, ch := start(t, good)
	for level := range 2 {
		for name, o := range robottest.Outgoings() {
			before := len(s.Mails())
			parts := webhooktest.SendAll(t, ch, level, o)
			var texts []string
			for _, m := range s.Mails()[before:] {
				checkMail(t, name, m)
				texts = append(texts, m.Text)
			}
			if stories, twice := robottest.Named(texts); name == "digest" && (stories != 100 || len(twice) > 0) {
				t.Errorf("the digest names %d stories in %d letters, want 100, and twice %v", stories, len(parts), twice)
			}
		}
	}
	if clear := s.InTheClear(); len(clear) > 0 {
		t.Errorf("sent in the clear: %q", clear)
	}
}

func TestConforms(t *testing.T) {
	_, ch := start(t, good)
	webhooktest.Conform(t, ch, 2)
}

func checkMail(t *testing.T, name string, m emailtest.Mail) {
	t.Helper()
	want := map[string][]string{"From": {"Edgebell <edgebell@example.org>"}, "To": {"oncall@example.org, ops@example.net"}}
	got := map[string][]string{"From": m.Header["From"], "To": m.Header["To"]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s has headers (-want +got):\n%s", name, diff)
	}
	for header := range m.Header {
		switch header {
		case "From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Auto-Submitted", "Mime-Version", "Content-Type", "Content-Transfer-Encoding":
		default:
			t.Errorf("%s has the header %s: %q", name, header, m.Header[header])
		}
	}
	if m.Subject == "" || strings.ContainsAny(m.Subject, "\r\n@") {
		t.Errorf("%s has the subject %q", name, m.Subject)
	}
	if diff := cmp.Diff([]string{"edgebell@example.org"}, []string{m.From}); diff != "" || len(m.To) != 2 {
		t.Errorf("%s has the envelope %s %s", name, m.From, m.To)
	}
	for _, l := range robottest.ReadPlain(m.Text).Links {
		if !strings.HasPrefix(l, "https://runbook.example/") {
			t.Errorf("%s has a live link to %s", name, l)
		}
	}
	if m.Text == "" || !strings.Contains(m.Text, "id ") {
		t.Errorf("%s has the text %q", name, m.Text)
	}
}

// TestWays: a line without TLS carries nothing but to this machine, and both
// kinds of AUTH pass.
func TestWays(t *testing.T) {
	with := func(change func(*emailtest.Options)) emailtest.Options {
		o := good
		change(&o)
		return o
	}
	for _, tc := range []struct {
		name    string
		opts    emailtest.Options
		roots   bool
		outcome notify.Outcome
		says    string // empty: delivered
	}{
		{"STARTTLS, AUTH PLAIN", good, true, 0, ""},
		{"TLS from the first byte on", with(func(o *emailtest.Options) { o.Implicit = true }), true, 0, ""},
		{"AUTH LOGIN alone", with(func(o *emailtest.Options) { o.Auth = "LOGIN" }), true, 0, ""},
		{"no AUTH wanted", emailtest.Options{}, true, 0, ""},
		{"no TLS on this machine", with(func(o *emailtest.Options) { o.NoTLS = true }), true, 0, ""},
		{"other AUTH alone", with(func(o *emailtest.Options) { o.Auth = "GSSAPI XPLAIN" }), true, notify.ChannelRefused, "AUTH"},
		{"unknown authority", good, false, notify.Retry, "certificate"},
		{"unknown authority from the first byte on", with(func(o *emailtest.Options) { o.Implicit = true }), false, notify.Retry, "certificate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, tc.opts)
			o := webhook.Options{}
			if tc.roots {
				o.Roots = s.Roots
			}
			ch := channelOf(t, configOf(s, tc.opts), o)
			_, err := ch.Send(t.Context(), part(t, ch, "story"))
			if tc.says == "" {
				if err != nil || len(s.Mails()) != 1 {
					t.Errorf("%v, %d letters arrived", err, len(s.Mails()))
				}
				return
			}
			wantError(t, err, tc.outcome, tc.says)
			if len(s.Mails())+len(s.InTheClear()) > 0 {
				t.Errorf("letters %v, in the clear %q", s.Mails(), s.InTheClear())
			}
		})
	}
}

// TestClearLine: a far server without STARTTLS gets neither password nor
// message. The stand-in plays it under a name that is not this machine's.
func TestClearLine(t *testing.T) {
	o := good
	o.NoTLS = true
	s := serve(t, o)
	ch := channelOf(t, configOf(s, o), webhook.Options{}).(*channel)
	ch.server.loopback = false
	_, err := ch.Send(t.Context(), part(t, ch, "story"))
	wantError(t, err, notify.ChannelRefused, "STARTTLS")
	if len(s.Mails())+len(s.InTheClear()) > 0 {
		t.Errorf("letters %v, in the clear %q", s.Mails(), s.InTheClear())
	}
}

func part(t testing.TB, ch notify.Channel, name string) notify.Part {
	t.Helper()
	parts, err := ch.Render(0, robottest.Outgoings()[name])
	if err != nil {
		t.Fatal(err)
	}
	return parts[0]
}

func wantError(t *testing.T, err error, outcome notify.Outcome, says string) *notify.SendError {
	t.Helper()
	var se *notify.SendError
	if !errors.As(err, &se) || se.Outcome != outcome || !strings.Contains(err.Error(), says) {
		t.Fatalf("got %v, want %v with %q", err, outcome, says)
	}
	return se
}

// TestRecipients: one that does not exist keeps nothing from the others, and is
// said once; without any other the channel is refused.
func TestRecipients(t *testing.T) {
	o := good
	o.Refuse = []string{"ops@example.net"}
	s := serve(t, o)
	var log strings.Builder
	ch := channelOf(t, configOf(s, o), webhook.Options{Roots: s.Roots, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 2 {
		if _, err := ch.Send(t.Context(), part(t, ch, "story")); err != nil {
			t.Fatal(err)
		}
	}
	if m := s.Mails(); len(m) != 2 || len(m[0].To) != 1 || m[0].To[0] != "oncall@example.org" {
		t.Errorf("arrived %+v", m)
	}
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "ops@example.net") {
		t.Errorf("logged %q, want one line that names the recipient", log.String())
	}
	o.Refuse = append(o.Refuse, "oncall@example.org")
	s, ch = start(t, o)
	_, err := ch.Send(t.Context(), part(t, ch, "story"))
	wantError(t, err, notify.ChannelRefused, "550")
	if len(s.Mails()) != 0 {
		t.Error("a letter arrived")
	}
}

// TestDeferred: one whose mailbox is full, for months maybe, keeps nothing from
// the others and brings no second copy; without any other the letter waits.
func TestDeferred(t *testing.T) {
	o := good
	o.Defer = []string{"ops@example.net"}
	s := serve(t, o)
	var log strings.Builder
	ch := channelOf(t, configOf(s, o), webhook.Options{Roots: s.Roots, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if _, err := ch.Send(t.Context(), part(t, ch, "story")); err != nil {
		t.Fatal(err)
	}
	if m := s.Mails(); len(m) != 1 || len(m[0].To) != 1 || m[0].To[0] != "oncall@example.org" {
		t.Errorf("arrived %+v", m)
	}
	if !strings.Contains(log.String(), "ops@example.net: 452") {
		t.Errorf("logged %q, want a line that names the recipient and why", log.String())
	}
	o.Refuse, o.Defer = []string{"ops@example.net"}, []string{"oncall@example.org"}
	s, ch = start(t, o)
	_, err := ch.Send(t.Context(), part(t, ch, "story"))
	if se := wantError(t, err, notify.Retry, "452"); se.RetryAfter != greylisted || len(s.Mails()) != 0 {
		t.Errorf("wait %v with %d letters", se.RetryAfter, len(s.Mails()))
	}
}

// TestManyRecipients: a server that takes one at a time gets them one by one.
func TestManyRecipients(t *testing.T) {
	o := good
	o.MaxRecipients = 1
	s, ch := start(t, o)
	if _, err := ch.Send(t.Context(), part(t, ch, "story")); err != nil {
		t.Fatal(err)
	}
	var to []string
	for _, m := range s.Mails() {
		to = append(to, m.To...)
	}
	if want := []string{"oncall@example.org", "ops@example.net"}; !slices.Equal(to, want) {
		t.Errorf("told %q, want %q", to, want)
	}
}

// TestHang: a server that took the message and is silent leaves it in doubt;
// one that is silent before has nothing.
func TestHang(t *testing.T) {
	for at, outcome := range map[string]notify.Outcome{emailtest.AtEnd: notify.Ambiguous, emailtest.AtMail: notify.Retry} {
		s, ch := start(t, good)
		ctx, cancel := context.WithCancel(t.Context())
		s.Script(emailtest.Fault{At: at, Take: true, Hang: true})
		go func() { <-s.Hanging(); cancel() }()
		_, err := ch.Send(ctx, part(t, ch, "story"))
		if se := wantError(t, err, outcome, ""); outcome == notify.Retry && !se.Offline {
			t.Errorf("a silent server is not offline: %v", err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	s, ch := start(t, good)
	_ = s.Close()
	began := time.Now()
	receipt, err := ch.Send(t.Context(), part(t, ch, "story"))
	if se := wantError(t, err, notify.Retry, "connect"); !se.Offline || receipt.BytesOut != 0 || time.Since(began) > time.Minute {
		t.Errorf("got %+v after %d bytes", se, receipt.BytesOut)
	}
}

package email

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/email/emailtest"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot/robottest"
)

// TestThreads: what is told of one story stands in one thread under ids of its
// own, and a story that begins anew is no copy of the old one.
func TestThreads(t *testing.T) {
	_, ch := start(t, good)
	g := robottest.Group("cart-0")
	g.Fingerprint = alert.Fingerprint{1, 2, 3}
	tell := func(g alert.Group) letter {
		t.Helper()
		parts, err := ch.Render(0, notify.Outgoing{Groups: []alert.Group{g}, Route: alert.DefaultRoute, SentAt: robottest.SentAt})
		if err != nil {
			t.Fatal(err)
		}
		var l letter
		if err := json.Unmarshal(parts[0].Payload, &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	first := tell(g)
	again := tell(g)
	if first.ID != again.ID || first.Thread == "" {
		t.Errorf("the same story has ids %s and %s in thread %q", first.ID, again.ID, first.Thread)
	}
	told := g
	told.Delivered = map[string]int64{alert.DefaultRoute: 3}
	over := g
	over.State = alert.Recovered
	anew := g
	anew.First = g.First.Add(24 * time.Hour)
	seen := map[string]bool{first.ID: true}
	for name, g := range map[string]alert.Group{"repeat": told, "recovery": over, "new beginning": anew} {
		l := tell(g)
		if seen[l.ID] || l.Thread != first.Thread {
			t.Errorf("%s has id %s in thread %s, want another one in %s", name, l.ID, l.Thread, first.Thread)
		}
		seen[l.ID] = true
	}
}

// TestEncoding takes what needs fewer bytes.
func TestEncoding(t *testing.T) {
	for encoding, text := range map[string]string{
		"quoted-printable": strings.Repeat("Back-off restarting failed container\n", 20),
		"base64":           strings.Repeat("容器内存不足\n", 20),
	} {
		raw := message(letter{Subject: "🔴 x", Text: text, ID: "0", Date: robottest.SentAt.Format(time.RFC1123Z)}, "a@example.org", []string{"b@example.org"})
		m, err := emailtest.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Header.Get("Content-Transfer-Encoding"); got != encoding {
			t.Errorf("encoding %s, want %s", got, encoding)
		}
		if diff := cmp.Diff(strings.TrimRight(text, "\n"), strings.TrimRight(m.Text, "\n")); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	}
}

// FuzzMessage: whatever a view holds, the letter parses strictly, has no header
// but ours, and says what was meant.
func FuzzMessage(f *testing.F) {
	f.Add("title", robottest.Hostile, "details")
	f.Add("x\r\nBcc: evil@example.org\r\n\r\nbody", "\r\n.\r\nQUIT\r\n", "=?utf-8?B?eA==?=")
	f.Fuzz(func(t *testing.T, title, text, details string) {
		for _, form := range Forms() {
			msg, err := form(card.View{Title: title, Subtitle: title, Headline: text, Message: text, Details: details, Footer: "id 01234567", ID: "01234567"})
			if err != nil {
				t.Fatal(err)
			}
			var l letter
			if err := json.Unmarshal(msg.Payload, &l); err != nil {
				t.Fatal(err)
			}
			l.Date = robottest.SentAt.Format(time.RFC1123Z)
			m, err := emailtest.Parse(message(l, "a@example.org", []string{"b@example.org"}))
			if err != nil {
				t.Fatalf("%v in\n%q", err, l)
			}
			if len(m.Header) != 9 {
				t.Errorf("%d headers, want 9: %v", len(m.Header), m.Header)
			}
			if got := strings.TrimRight(m.Text, "\n"); got != strings.TrimRight(l.Text, "\n") {
				t.Errorf("text %q, want %q", got, l.Text)
			}
			if strings.Join(strings.Fields(m.Subject), " ") != strings.ReplaceAll(strings.Join(strings.Fields(l.Subject), " "), "=?", "= ?") {
				t.Errorf("subject %q, want %q", m.Subject, l.Subject)
			}
		}
	})
}

func TestValidate(t *testing.T) {
	ok := Config{URL: "smtp://mail.example.org", From: "a@example.org", To: []string{"b@example.org"}}
	with := func(change func(*Config)) Config { c := ok; change(&c); return c }
	for _, tc := range []struct {
		name string
		cfg  Config
		want string // empty: valid
	}{
		{"good", ok, ""},
		{"port", with(func(c *Config) { c.URL = "smtps://mail.example.org:465/" }), ""},
		{"AUTH", with(func(c *Config) { c.Username, c.Password = "u", "p" }), ""},
		{"empty", Config{}, "CHANNEL_URL: is required"},
		{"no sender", with(func(c *Config) { c.From = "" }), "CHANNEL_FROM: is required"},
		{"no recipient", with(func(c *Config) { c.To = []string{" "} }), "CHANNEL_TO: is required"},
		{"http", with(func(c *Config) { c.URL = "https://mail.example.org" }), "another scheme"},
		{"password in the address", with(func(c *Config) { c.URL = "smtp://u:hunter2@mail.example.org" }), "USERNAME and PASSWORD"},
		{"path", with(func(c *Config) { c.URL = "smtp://mail.example.org/x" }), "must end behind the port"},
		{"name in an address", with(func(c *Config) { c.From = "Bell <a@example.org>" }), "CHANNEL_FROM: "},
		{"header in an address", with(func(c *Config) { c.To = []string{"b@example.org\r\nBcc: c@example.org"} }), "CHANNEL_TO: "},
		{"half of AUTH", with(func(c *Config) { c.Password = "hunter2" }), "CHANNEL_USERNAME: and CHANNEL_PASSWORD"},
		{"two lines", with(func(c *Config) { c.Username, c.Password = "u", "hunter2\n" }), "one line each"},
		{"too many", with(func(c *Config) { c.To = strings.Split(strings.Repeat("a@b.c,", 60), ",") }), ""}, // one address
		{"too fast", with(func(c *Config) { c.MaxPerMinute = 61 }), "CHANNEL_MAX_PER_MINUTE 61"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.cfg.Validate("CHANNEL_")
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
	for url, want := range map[string]string{"smtp://h": "h:587", "smtps://h": "h:465", "smtp://h:25": "h:25", "smtp://[::1]": "[::1]:587"} {
		if got := (Config{URL: url}).Host(); got != want {
			t.Errorf("%s leads to %s, want %s", url, got, want)
		}
	}
}

package webhook_test

import (
	"crypto/x509"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

const (
	path   = "/hooks/s3cr3t-path-of-the-hook?key=k3y-in-query"
	token  = "t0ken-for-bearer"
	secret = "s1gning-secret-of-the-hook"
)

var (
	secrets = []string{"s3cr3t-path", "k3y-in-query", token, secret}
	cards   = card.Config{Language: "en", Timezone: "UTC", RunbookURL: "https://wiki.example/{{.Reason}}", Template: `{"header":{}}`}
)

func receiver(t testing.TB, opts webhooktest.ReceiverOptions) *webhooktest.Receiver {
	r := webhooktest.NewReceiver(opts)
	t.Cleanup(r.Close)
	return r
}

func channel(t testing.TB, cfg webhook.Config, o webhook.Options) notify.Channel {
	t.Helper()
	o.Cluster = "pi"
	c, err := webhook.New(cfg, cards, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConforms(t *testing.T) {
	for name, most := range map[string]int{"default": 0, "least": 4096} {
		t.Run(name, func(t *testing.T) {
			r := receiver(t, webhooktest.ReceiverOptions{Path: path, Token: token, Secret: secret, MaxBytes: most})
			c := channel(t, webhook.Config{URL: r.Address(), Token: token, Secret: secret, MaxBytes: most}, webhook.Options{})
			webhooktest.Conform(t, c, 2)
		})
	}
}

func TestConformsByTemplate(t *testing.T) {
	r := receiver(t, webhooktest.ReceiverOptions{Path: path, MaxBytes: 1900, Own: true})
	c := channel(t, webhook.Config{URL: r.Address(), MaxBytes: 1900, Template: `{"content": "{{.Text}}", "allowed_mentions": {"parse": []}}`}, webhook.Options{})
	webhooktest.Conform(t, c, 1)
	for _, req := range r.Requests() {
		m, err := webhooktest.DecodeStrict(req.Raw)
		if err != nil || len(m) != 2 || m["content"] == "" {
			t.Errorf("body %s: %v", req.Raw, err)
		}
	}
}

// TestStory holds the fields that the documentation promises.
func TestStory(t *testing.T) {
	r := receiver(t, webhooktest.ReceiverOptions{})
	c := channel(t, webhook.Config{URL: r.Address()}, webhook.Options{})
	o := webhooktest.Outgoings()["story"]
	for level, stories := range []int{1, 0} {
		webhooktest.SendAll(t, c, level, o)
		reqs := r.Requests()
		m, err := webhooktest.Decode(reqs[len(reqs)-1].Raw)
		if err != nil {
			t.Fatal(err)
		}
		if m.Topic != "story" || m.ID != o.Groups[0].ShortID(o.Route) || m.Cluster != "pi" || m.Severity != "warning" || len(m.Stories) != stories {
			t.Errorf("message is %+v", m)
		}
		if !strings.Contains(m.Text, "dropped") && !strings.Contains(m.Text, "lost") && !strings.Contains(m.Text, "⚠") {
			t.Errorf("text lacks the notices: %q", m.Text)
		}
		said := string(reqs[len(reqs)-1].Raw)
		if n := strings.Count(said, "Back-off restarting failed container"); n != 1 {
			t.Errorf("the message stands %d times in %s", n, said)
		}
	}
}

func TestOutcomes(t *testing.T) {
	r := receiver(t, webhooktest.ReceiverOptions{Path: path, Token: token, Secret: secret})
	c := channel(t, webhook.Config{URL: r.Address(), Token: token, Secret: secret}, webhook.Options{})
	echo := "refused " + r.Address() + " " + token + " " + secret
	cases := append([]webhooktest.Case{
		{Name: "200 with anything", Fault: webhooktest.Status(200, "whatever"), Delivered: true},
		{Name: "202", Fault: webhooktest.Status(202, ""), Delivered: true},
		{Name: "429", Fault: webhooktest.TooMany(30*time.Second, ""), Want: notify.Retry, After: 30 * time.Second},
		{Name: "429 for days", Fault: webhooktest.TooMany(72*time.Hour, ""), Want: notify.Retry, After: time.Hour},
		{Name: "425", Fault: webhooktest.Status(425, ""), Want: notify.Retry},
		{Name: "418", Fault: webhooktest.Status(418, "teapot"), Want: notify.Unknown, Says: "teapot"},
		{Name: "500", Fault: webhooktest.Status(500, "x\x1b[31m\ny"), Want: notify.Retry, Says: "HTTP 500: x [31m y"},
		{Name: "HTTPS behind http", Fault: webhooktest.Status(400, "<html><center>The plain HTTP request was sent to HTTPS port</center>"), Want: notify.ChannelRefused, Says: "must begin with https"},
	}, webhooktest.Transport...)
	for _, status := range []int{400, 413, 415, 422} {
		cases = append(cases, webhooktest.Case{Name: "refused message", Fault: webhooktest.Status(status, echo), Want: notify.MessageRefused, Says: "refused"})
	}
	for _, status := range []int{401, 402, 403, 404, 405, 407, 410, 451} {
		cases = append(cases, webhooktest.Case{Name: "refused channel", Fault: webhooktest.Status(status, echo), Want: notify.ChannelRefused, Says: "refused"})
	}
	webhooktest.Outcomes(t, r.Server, c, secrets, cases...)
}

// TestWrongCredentials: a strict receiver refuses the channel, not the message.
func TestWrongCredentials(t *testing.T) {
	r := receiver(t, webhooktest.ReceiverOptions{Path: path, Token: token, Secret: secret})
	for name, cfg := range map[string]webhook.Config{
		"token":   {URL: r.Address(), Token: "another-token", Secret: secret},
		"secret":  {URL: r.Address(), Token: token, Secret: secret + "x"},
		"no sign": {URL: r.Address(), Token: token},
		"address": {URL: r.URL() + "/elsewhere", Token: token, Secret: secret},
	} {
		_, err := channel(t, cfg, webhook.Options{}).Send(t.Context(), notify.Part{Payload: json.RawMessage("{}")})
		se, ok := err.(*notify.SendError)
		if !ok || se.Outcome != notify.ChannelRefused {
			t.Errorf("%s: error is %v, want channel_refused", name, err)
		}
	}
}

// TestClock: the receiver's Date corrects the timestamp that is signed.
func TestClock(t *testing.T) {
	r := receiver(t, webhooktest.ReceiverOptions{Secret: secret})
	r.Now = func() time.Time { return time.Now().Add(30 * 24 * time.Hour) }
	var learned time.Time
	c := channel(t, webhook.Config{URL: r.Address(), Secret: secret}, webhook.Options{Learn: func(d time.Time) { learned = d }})
	parts, err := c.Render(0, notify.Outgoing{Test: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), parts[0]); err == nil {
		t.Fatal("a timestamp that is a month off was taken")
	}
	if _, err := c.Send(t.Context(), parts[0]); err != nil {
		t.Errorf("after the answer's Date: %v", err)
	}
	clocked, ok := c.(notify.Clocked)
	if !ok {
		t.Fatal("the channel is not Clocked")
	}
	if offset, sure := clocked.Clock(); !sure || offset < 29*24*time.Hour || learned.IsZero() {
		t.Errorf("offset %s, sure %v, learned %s", offset, sure, learned)
	}
}

func TestTLS(t *testing.T) {
	r := receiver(t, webhooktest.ReceiverOptions{TLS: true})
	for name, tt := range map[string]struct {
		roots *x509.CertPool
		at    time.Time
		ok    bool
	}{
		"trusted":     {r.Roots(), time.Now(), true},
		"not trusted": {x509.NewCertPool(), time.Now(), false},
		"in 2200":     {r.Roots(), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), false},
	} {
		c := channel(t, webhook.Config{URL: r.Address()}, webhook.Options{Roots: tt.roots, TLSTime: func() time.Time { return tt.at }})
		parts, err := c.Render(0, notify.Outgoing{Groups: []alert.Group{webhooktest.Group("web-0", "x")}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(t.Context(), parts[0])
		if se, failed := err.(*notify.SendError); (err == nil) != tt.ok || failed && (se.Outcome != notify.Retry || !se.Offline) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzForms(f *testing.F) {
	for _, s := range webhooktest.Hostile {
		f.Add(s, 4096)
	}
	r := receiver(f, webhooktest.ReceiverOptions{})
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = 4096 + (most&0xffff)%60000
		c := channel(t, webhook.Config{URL: r.Address(), MaxBytes: most}, webhook.Options{})
		for level := range 2 {
			parts, err := c.Render(level, notify.Outgoing{Groups: []alert.Group{webhooktest.HostileGroup(s)}})
			if err != nil {
				t.Fatal(err)
			}
			reply := r.Judge(webhooktest.NewRequest(r.Address(), parts[0].Payload))
			if reply.Status != 204 || len(parts[0].Payload) > most {
				t.Errorf("%+v for %d of %d bytes: %s", reply, len(parts[0].Payload), most, parts[0].Payload)
			}
		}
	})
}

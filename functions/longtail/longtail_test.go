//go:build shoutrrr

package longtail_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/longtail"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

const (
	user  = "bell-user"
	pass  = "p4ss+w0rd/of=ntfy"
	token = "As3cr3tGotify.1" // of 15, as Gotify wants
	hook  = "h00k-0f-th3-bot"
	key   = "qu3ry-s3cr3t"
)

// secrets are what stands in each service's address, in the forms in which a far
// side or a library may hand it back.
var secrets = map[string][]string{
	"generic": {hook, key, "127.0.0.1"},
	"custom":  {hook, key, "127.0.0.1"},
	"ntfy":    {user, pass, url.QueryEscape(pass), base64.StdEncoding.EncodeToString([]byte(user + ":" + pass)), hook, "127.0.0.1"},
	"gotify":  {token, "As3cr3tGotify", "127.0.0.1"},
}

// addresses are those of services that can be had over plain http, by service.
func addresses(server string) map[string]string {
	host := strings.TrimPrefix(server, "http://")
	return map[string]string{
		"generic": "generic://" + host + "/" + hook + "?disabletls=yes&key=" + key,
		"custom":  "generic+http://" + host + "/" + hook + "?key=" + key,
		"ntfy":    "ntfy://" + user + ":p4ss%2Bw0rd%2Fof%3Dntfy@" + host + "/" + hook + "?scheme=http",
		"gotify":  "gotify://" + host + "/" + token + "?disabletls=yes",
	}
}

// judge takes what each of the services would.
func judge(r webhooktest.Request) webhooktest.Reply {
	u, p, _ := r.BasicAuth()
	switch {
	case r.Method != http.MethodPost:
	case r.URL.Path == "/message" && r.URL.Query().Get("token") == token:
		return webhooktest.Reply{Status: 200, Body: `{"id":1,"appid":1}`}
	case r.URL.Path == "/"+hook && r.URL.Query().Get("key") == key:
		return webhooktest.Reply{Status: 200, Body: "{}"}
	case r.URL.Path == "/"+hook && u == user && p == pass:
		return webhooktest.Reply{Status: 200, Body: `{"id":"x","event":"message"}`}
	}
	return webhooktest.Reply{Status: 404, Body: "{}"}
}

func start(t testing.TB, service string, maxBytes int) (*webhooktest.Server, notify.Channel) {
	t.Helper()
	s := webhooktest.NewServer(judge)
	t.Cleanup(s.Close)
	cfg := longtail.Config{URL: addresses(s.URL())[service], MaxBytes: maxBytes}
	looks := card.Config{Language: "en", Timezone: "UTC", RunbookURL: "https://wiki.example/{{.Reason}}?a=1&b=2"}
	c, err := longtail.New(cfg, looks, webhook.Options{Cluster: "pi"})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestConforms(t *testing.T) {
	_, c := start(t, "generic", 0)
	webhooktest.Conform(t, c, 2)
}

// TestArrives: what a service is sent is the text as it was rendered, byte for
// byte, and no longer than it may be.
func TestArrives(t *testing.T) {
	for service := range addresses("") {
		t.Run(service, func(t *testing.T) {
			s, c := start(t, service, 0)
			for _, text := range append(webhooktest.Hostile, strings.Repeat("内存不足 ", 2000)) {
				before := len(s.Requests())
				o := notify.Outgoing{Groups: []alert.Group{webhooktest.HostileGroup(text)}, SentAt: time.Unix(1, 0)}
				parts := webhooktest.SendAll(t, c, 0, o)
				for i, r := range s.Requests()[before:] {
					checkArrived(t, service, parts[i], r)
				}
			}
		})
	}
}

func checkArrived(t *testing.T, service string, p notify.Part, r webhooktest.Request) {
	t.Helper()
	var want string
	if err := json.Unmarshal(p.Payload, &want); err != nil {
		t.Fatal(err)
	}
	got := string(r.Raw)
	if service == "gotify" {
		var m struct{ Message string }
		if err := json.Unmarshal(r.Raw, &m); err != nil {
			t.Fatal(err)
		}
		if got = m.Message; strings.ContainsAny(got, "@<[") {
			t.Errorf("markup is left in %q", got)
		}
	} else if r.Header.Get("Content-Type") != "text/plain" && r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("content type is %q", r.Header.Get("Content-Type"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if len(got) > 2000 || !strings.Contains(got, "https://wiki.example/") {
		t.Errorf("%d bytes, want at most 2000, the link among them: %q", len(got), got)
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-") {
			t.Errorf("header %s comes from a message", name)
		}
	}
}

// TestMarkupIsInert: plain services get hostile text as it is, all others with
// look-alikes.
func TestMarkupIsInert(t *testing.T) {
	o := notify.Outgoing{Groups: []alert.Group{webhooktest.Group("web-0", "see <!channel> @everyone [x](https://evil.example)")}, SentAt: time.Unix(1, 0)}
	for service, want := range map[string]string{
		"ntfy":   "see <!channel> @everyone [x](https://evil.example)",
		"gotify": "see ＜!channel> ＠everyone ［x](https://evil.example)",
	} {
		_, c := start(t, service, 0)
		parts, err := c.Render(0, o)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(parts[0].Payload), want) {
			t.Errorf("%s: %s, want %s in it", service, parts[0].Payload, want)
		}
	}
}

func TestOutcomes(t *testing.T) {
	for service := range addresses("") {
		t.Run(service, func(t *testing.T) {
			s, c := start(t, service, 0)
			address, echo := addresses(s.URL())[service], strings.Join(secrets[service], " ")
			said := func(status int) webhooktest.Fault {
				return webhooktest.Status(status, fmt.Sprintf(`{"error":"no %s %s","errorDescription":"%s","errorCode":1}`, echo, address, echo))
			}
			cases := []webhooktest.Case{
				{Name: "500", Fault: said(500), Want: notify.Retry},
				{Name: "502", Fault: webhooktest.Status(502, "<html>"+echo), Want: notify.Retry},
				{Name: "503", Fault: said(503), Want: notify.Retry},
				{Name: "429", Fault: webhooktest.TooMany(9*time.Second, echo), Want: notify.Retry},
				{Name: "reset", Fault: webhooktest.DropBefore(), Want: notify.Retry},
				{Name: "400", Fault: webhooktest.Status(400, echo), Want: notify.MessageRefused},
				{Name: "401", Fault: webhooktest.Status(401, echo), Want: notify.ChannelRefused},
				{Name: "404", Fault: webhooktest.Status(404, echo), Want: notify.ChannelRefused},
			}
			if service == "generic" || service == "custom" { // the other two want JSON behind a redirect
				cases = append(cases, webhooktest.Case{Name: "captive portal", Fault: webhooktest.Redirect("https://portal.example/" + hook), Want: notify.Retry, Says: "redirected"})
			}
			webhooktest.Outcomes(t, s, c, secrets[service], cases...)
		})
	}
}

// TestUnreached: no part of the address is in the error for a host that is down.
func TestUnreached(t *testing.T) {
	for service := range addresses("") {
		const address = "http://127.0.0.1:1" // a port that nobody is given by chance
		c, err := longtail.New(longtail.Config{URL: addresses(address)[service]}, card.Config{}, webhook.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(t.Context(), testPart(t, c))
		var se *notify.SendError
		if !errors.As(err, &se) || se.Outcome != notify.Retry || !se.Offline {
			t.Errorf("%s: error is %v, want retry, offline", service, err)
		}
		for _, secret := range append(secrets[service], strings.TrimPrefix(address, "http://")) {
			if strings.Contains(fmt.Sprintf("%v %#v", err, err), secret) {
				t.Errorf("%s: %q is in %v", service, secret, err)
			}
		}
	}
}

func TestUnderWay(t *testing.T) {
	s, c := start(t, "ntfy", 0)
	s.Script(webhooktest.Hang())
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-s.Hanging(); cancel() }()
	part := testPart(t, c)
	if _, err := c.Send(ctx, part); err == nil || !strings.Contains(err.Error(), "ambiguous: send message: no answer") {
		t.Errorf("error is %v, want one that no answer came", err)
	}
	if _, err := c.Send(t.Context(), part); err == nil || !strings.Contains(err.Error(), "retry: send message: the one before is still under way") {
		t.Errorf("error is %v, want one that the message before is under way", err)
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func testPart(t *testing.T, c notify.Channel) notify.Part {
	t.Helper()
	parts, err := c.Render(0, notify.Outgoing{Test: true})
	if err != nil {
		t.Fatal(err)
	}
	return parts[0]
}

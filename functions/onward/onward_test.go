package onward_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/onward"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

const token = "t0ken-of-the-hub"

// hub is a function as it runs for many clusters, and its address.
func hub(t *testing.T) (*ledger.Ledger, string) {
	t.Helper()
	cfg := notify.Config{
		Cluster: "hub", ListenAddress: ":0", SinkToken: token, MaxBodyBytes: 8 << 20, DigestThreshold: 5, FleetDigest: 3,
		Conditions: alert.ConditionsConfig{Filter: "type=Warning"},
		Ledger:     ledger.Config{Dir: t.TempDir(), MaxBytes: 1 << 20, EventTTL: time.Hour, GroupWait: time.Second, RepeatInterval: time.Hour},
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(cfg.Ledger, ledger.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	cards, err := card.New(card.Config{}, card.Options{})
	if err != nil {
		t.Fatal(err)
	}
	route := notify.Route{Name: alert.DefaultRoute, Match: alert.Everything(), Channel: notify.NewLog(cards, t.Output()), PerMinute: 20}
	f := notify.New(cfg, l, []notify.Route{route}, notify.WithLogger(slog.New(slog.DiscardHandler)))
	s := httptest.NewServer(f.Handler())
	t.Cleanup(s.Close)
	return l, s.URL
}

func open(t testing.TB, cfg onward.Config, cluster string) notify.Channel {
	t.Helper()
	c, err := onward.New(cfg, webhook.Options{Cluster: cluster})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// story is a group of the edge's, of which told occurrences were told before.
func story(name string, total, told int64) alert.Group {
	g := webhooktest.Group(name, "Back-off restarting failed container")
	g.Newest.Cluster, g.Newest.EventNamespace = "", g.Newest.Namespace
	g.Fingerprint = g.Newest.Fingerprint()
	g.Total, g.Delivered = total, map[string]int64{alert.DefaultRoute: told}
	return g
}

func outgoing(groups ...alert.Group) notify.Outgoing {
	return notify.Outgoing{Groups: groups, Digest: len(groups) > 1, Route: alert.DefaultRoute, SentAt: time.Now()}
}

func send(t *testing.T, c notify.Channel, level int, o notify.Outgoing) {
	t.Helper()
	webhooktest.SendAll(t, c, level, o)
}

// totals are the hub's stories by cluster, object and state.
func totals(t *testing.T, l *ledger.Ledger) map[string]int64 {
	t.Helper()
	groups, err := l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, g := range groups {
		out[fmt.Sprintf("%s %s %s", g.Newest.Cluster, g.Newest.Name, g.State)] = g.Total
	}
	return out
}

// TestTheHubCountsOnce: news that are sent again, with more of it, add what is
// more; the next news add all of theirs.
func TestTheHubCountsOnce(t *testing.T) {
	l, at := hub(t)
	c := open(t, onward.Config{URL: at, Token: token}, "edge-1")
	for _, g := range []alert.Group{story("web-0", 5, 0), story("web-0", 9, 0), story("web-0", 9, 0), story("web-0", 30, 9), story("web-0", 31, 30)} {
		send(t, c, 0, outgoing(g))
	}
	send(t, open(t, onward.Config{URL: at, Token: token}, "edge-2"), 0, outgoing(story("web-0", 2, 0)))
	if got := totals(t, l); got["edge-1 web-0 firing"] != 31 || got["edge-2 web-0 firing"] != 2 || len(got) != 2 {
		t.Errorf("the hub counts %v, want 31 of edge-1 and 2 of edge-2", got)
	}
}

// TestRecovery: what is over at the edge is over at the hub, whatever it is.
func TestRecovery(t *testing.T) {
	l, at := hub(t)
	c := open(t, onward.Config{URL: at, Token: token}, "edge-1")
	g := story("web-0", 5, 0)
	g.Newest.Reason = "SomethingOfTheirOwn"
	g.Fingerprint = g.Newest.Fingerprint()
	send(t, c, 0, outgoing(g))
	g.State, g.Delivered[alert.DefaultRoute] = alert.Recovered, 5
	for i := range g.Objects {
		g.Objects[i].Well, g.Objects[i].Healed = true, g.Last.Add(time.Minute)
	}
	send(t, c, 0, outgoing(g))
	deadline := time.Now().Add(10 * time.Second)
	for totals(t, l)["edge-1 web-0 recovered"] != 5 {
		if time.Now().After(deadline) {
			t.Fatalf("the hub has %v, want it recovered", totals(t, l))
		}
		if err := l.Touch(); err != nil { // its clock goes on
			t.Fatal(err)
		}
	}
}

// strict is a sink that takes single events only, as brokers do.
func strict(t *testing.T, taken *[]event.Event) *webhooktest.Server {
	s := webhooktest.NewServer(func(req webhooktest.Request) webhooktest.Reply {
		if !strings.HasPrefix(req.Header.Get("Content-Type"), event.ApplicationCloudEventsJSON+";") {
			return webhooktest.Reply{Status: 415}
		}
		var ce event.Event
		if err := json.Unmarshal(req.Raw, &ce); err != nil {
			return webhooktest.Reply{Status: 400, Body: err.Error()}
		}
		if err := ce.Validate(); err != nil {
			return webhooktest.Reply{Status: 400, Body: err.Error()}
		}
		*taken = append(*taken, ce)
		return webhooktest.Reply{Status: 202}
	})
	t.Cleanup(s.Close)
	return s
}

// TestSinkWithoutBatches: it is offered one batch, refuses it, and gets single
// events from then on.
func TestSinkWithoutBatches(t *testing.T) {
	var taken []event.Event
	s := strict(t, &taken)
	c := open(t, onward.Config{URL: s.URL()}, "edge-1")
	o := outgoing(story("a", 1, 0), story("b", 1, 0), story("c", 1, 0))
	parts, err := c.Render(0, o)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, error %v, want one batch", len(parts), err)
	}
	var se *notify.SendError
	if _, err := c.Send(t.Context(), parts[0]); !errors.As(err, &se) || se.Outcome != notify.MessageRefused {
		t.Fatalf("error is %v, want message_refused", err)
	}
	send(t, c, 1, o)
	send(t, c, 0, o)
	if len(taken) != 6 {
		t.Fatalf("%d events taken, want 3 and 3", len(taken))
	}
	for _, ce := range taken {
		if ce.Type() != wire.TypeStory || wire.Cluster(ce.Source()) != "edge-1" {
			t.Errorf("event is %s", ce)
		}
	}
	if taken[0].ID() != taken[3].ID() || taken[0].ID() == taken[1].ID() {
		t.Errorf("ids are %s, %s, %s, want the same for the same news", taken[0].ID(), taken[1].ID(), taken[3].ID())
	}
}

// TestIDOfNews: an answer that was lost and older Events that came meanwhile do
// not make other news of it.
func TestIDOfNews(t *testing.T) {
	var taken []event.Event
	s := strict(t, &taken)
	c := open(t, onward.Config{URL: s.URL()}, "edge-1")
	g := story("a", 1, 0)
	g.Began = 17
	older, anew, known := g, g, g
	older.First = g.First.Add(-time.Hour)
	anew.Began = 18
	known.Delivered = map[string]int64{alert.DefaultRoute: 1}
	for _, one := range []alert.Group{g, older, anew, known} {
		send(t, c, 0, outgoing(one))
	}
	ids := map[string]bool{}
	for _, ce := range taken {
		ids[ce.ID()] = true
	}
	if len(taken) != 4 || taken[0].ID() != taken[1].ID() || len(ids) != 3 {
		t.Errorf("ids are %v, want the first two alike", ids)
	}
}

// TestOwnNews: what Edgebell says of itself goes first and is one, so that a
// sink of single events has it before notices count as told.
func TestOwnNews(t *testing.T) {
	var taken []event.Event
	s := strict(t, &taken)
	c := open(t, onward.Config{URL: s.URL(), Batch: 1}, "edge-1")
	o := outgoing(story("a", 1, 0))
	o.Notices = ledger.Notices{Dropped: map[string]int64{"no_room": 3, "parked": 1}, MoreGaps: 2}
	parts, err := c.Render(0, o)
	if err != nil || len(parts) != 2 || len(parts[0].Groups) != 0 {
		t.Fatalf("parts are %+v, error %v", parts, err)
	}
	if _, err := c.Send(t.Context(), parts[0]); err != nil {
		t.Fatal(err)
	}
	said, err := wire.DecodeStory(&taken[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 occurrences", "no_room", "parked", "2 further times"} {
		if !strings.Contains(said.Message, want) {
			t.Errorf("%q lacks %q", said.Message, want)
		}
	}
	for _, o := range []notify.Outgoing{{Test: true}, {Heartbeat: &card.Heartbeat{}}} {
		send(t, c, 0, o)
	}
	if len(taken) != 3 {
		t.Errorf("%d events, want the notices, a test and a heartbeat", len(taken))
	}
}

func TestBatchesAreBounded(t *testing.T) {
	l, at := hub(t)
	c := open(t, onward.Config{URL: at, Token: token}, "edge-1")
	var groups []alert.Group
	for i := range 250 {
		g := story(fmt.Sprintf("web-%c%c", 'a'+i/26, 'a'+i%26), 1, 0)
		g.Newest.Message = strings.Repeat("内存", 600)
		groups = append(groups, g)
	}
	parts, err := c.Render(0, outgoing(groups...))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if len(p.Payload) > 300<<10 || len(p.Groups) > 100 {
			t.Errorf("a part of %d bytes and %d stories", len(p.Payload), len(p.Groups))
		}
	}
	send(t, c, 0, outgoing(groups...))
	var sum int64
	for _, n := range totals(t, l) {
		sum += n
	}
	if sum != 250 {
		t.Errorf("the hub counts %d, want 250", sum)
	}
}

func TestOutcomes(t *testing.T) {
	var taken []event.Event
	s := strict(t, &taken)
	c := open(t, onward.Config{URL: s.URL() + "/s3cr3t-path-of-the-sink", Token: token}, "edge-1")
	cases := append([]webhooktest.Case{
		{Name: "204", Fault: webhooktest.Status(204, ""), Delivered: true},
		{Name: "429", Fault: webhooktest.TooMany(30*time.Second, ""), Want: notify.Retry, After: 30 * time.Second},
		{Name: "401", Fault: webhooktest.Status(401, token), Want: notify.ChannelRefused},
		{Name: "404", Fault: webhooktest.Status(404, ""), Want: notify.ChannelRefused},
		{Name: "web page", Fault: webhooktest.Portal(), Want: notify.Retry, Says: "captive portal"},
		{Name: "HTTPS behind http", Fault: webhooktest.Status(400, "Client sent an HTTP request to an HTTPS server.\n"), Want: notify.ChannelRefused, Says: "must begin with https"},
		{Name: "400", Fault: webhooktest.Status(400, "s3cr3t-path-of-the-sink"), Want: notify.MessageRefused},
	}, webhooktest.Transport...)
	webhooktest.Outcomes(t, s, c, []string{"s3cr3t-path", token}, cases...)
}

func TestValidate(t *testing.T) {
	for want, cfg := range map[string]onward.Config{
		"CHANNEL_URL: is required":         {},
		"CHANNEL_URL: must be https":       {URL: "http://hub.example/"},
		"CHANNEL_TOKEN: must be":           {URL: "https://hub.example/", Token: "two words"},
		"CHANNEL_BATCH -1: must be 1":      {URL: "https://hub.example/", Batch: -1},
		"CHANNEL_MAX_PER_MINUTE 7000: mus": {URL: "https://hub.example/", MaxPerMinute: 7000},
	} {
		if err := cfg.Validate("CHANNEL_"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if err := (onward.Config{URL: "http://broker-ingress.knative-eventing.svc.cluster.local/ns/default"}).Validate("CHANNEL_"); err != nil {
		t.Errorf("a broker in the cluster: %v", err)
	}
}

package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// routed is a function with several routes, each with a fake channel.
type routed struct {
	t     *testing.T
	f     *Function
	l     *ledger.Ledger
	cfg   Config
	names []string
	on    map[string]*fakeChannel
	spec  map[string]string // selector, with a + at its end for continue
	stop  func()
}

// newRouted takes name=selector pairs; the route default needs no selector.
func newRouted(t *testing.T, change func(*Config), specs ...string) *routed {
	t.Helper()
	r := &routed{t: t, cfg: testConfig(t), on: map[string]*fakeChannel{}, spec: map[string]string{}}
	if change != nil {
		change(&r.cfg)
	}
	if err := r.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, s := range specs {
		name, selector, _ := strings.Cut(s, "=")
		r.names = append(r.names, name)
		r.on[name], r.spec[name] = new(fakeChannel), selector
	}
	r.open()
	return r
}

func (r *routed) routes() []Route {
	var out []Route
	for _, name := range r.names {
		selector, goesOn := strings.CutSuffix(r.spec[name], "+")
		match := alert.Everything()
		if selector != "" {
			var err error
			if match, err = alert.ParseFilter(selector); err != nil {
				r.t.Fatal(err)
			}
		}
		out = append(out, Route{Name: name, Match: match, Continue: goesOn, Kind: ChannelLog, Channel: r.on[name], PerMinute: 20})
	}
	return out
}

// open opens the ledger and sets the ways out going.
func (r *routed) open() {
	r.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	l, err := ledger.Open(r.cfg.Ledger, ledger.WithLogger(quiet), ledger.WithRoutes(r.names...))
	if err != nil {
		r.t.Fatal(err)
	}
	r.l, r.f = l, New(r.cfg, l, r.routes(), WithLogger(quiet), WithTime(func() (time.Time, bool) { return time.Now(), true }))
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.f.Run(ctx) }()
	r.stop = func() {
		cancel()
		<-done
		if err := l.Close(); err != nil {
			r.t.Error(err)
		}
	}
}

// event is a Kubernetes Event as the contract carries it; what is "Kind ns/name
// Reason".
func (r *routed) event(what string, count int) event.Event {
	r.t.Helper()
	var kind, object, reason string
	if _, err := fmt.Sscan(what, &kind, &object, &reason); err != nil {
		r.t.Fatal(err)
	}
	ns, name, found := strings.Cut(object, "/")
	if !found {
		ns, name = "", object
	}
	now := time.Now().UTC().Format(time.RFC3339)
	data := fmt.Sprintf(`{"metadata":{"namespace":"default","name":%q,"uid":%q},"involvedObject":{"kind":%q,"namespace":%q,"name":%q},
		"type":"Warning","reason":%q,"message":"it broke","source":{"component":"kubelet"},"count":%d,"firstTimestamp":%q,"lastTimestamp":%q}`,
		name+ns+reason, name+ns+reason, kind, ns, name, reason, count, now, now)
	ce := event.New()
	ce.SetID(fmt.Sprint(name, reason, count))
	ce.SetType(wire.TypeEvent)
	ce.SetSource(wire.Source("pi"))
	if err := ce.SetData(event.ApplicationJSON, json.RawMessage(data)); err != nil {
		r.t.Fatal(err)
	}
	return ce
}

// happen sends a Warning in by the way in.
func (r *routed) happen(what string, count int) {
	r.t.Helper()
	if err := r.f.Handle(r.t.Context(), []event.Event{r.event(what, count)}); err != nil {
		r.t.Fatal(err)
	}
}

// objects are what was told on a route, a line for each message: the names and
// totals of its stories.
func (r *routed) objects(route string) []string {
	out := []string{}
	for _, t := range r.on[route].told() {
		var names []string
		for _, g := range t.Out.Groups {
			names = append(names, fmt.Sprintf("%s×%d", g.Newest.Name, g.Total))
		}
		switch {
		case t.Out.Heartbeat != nil:
			names = append(names, "heartbeat")
		case len(names) == 0:
			names = append(names, "notice")
		}
		out = append(out, strings.Join(names, " "))
	}
	return out
}

func (r *routed) want(route string, want ...string) {
	r.t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, r.objects(route)); diff != "" {
		r.t.Errorf("told on %s (-want +got):\n%s", route, diff)
	}
}

package channel

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	"github.com/edgebell/edgebell/functions/card"
)

const (
	hook      = "https://open.feishu.cn/open-apis/bot/v2/hook/11111111-2222-4333-8444-555555555555"
	otherHook = "https://open.feishu.cn/open-apis/bot/v2/hook/99999999-2222-4333-8444-555555555555"
)

// read reads a Config as cmd/notify does.
func read(t *testing.T, env map[string]string) (*Config, error) {
	t.Helper()
	from := envconfig.MapLookuper(env)
	decode := func(prefix string, cfg any) error {
		return envconfig.ProcessWith(context.Background(), &envconfig.Config{Target: cfg, Lookuper: envconfig.PrefixLookuper(prefix, from)})
	}
	c := new(Config)
	if err := decode("", c); err != nil {
		t.Fatal(err)
	}
	var environ []string
	for k, v := range env {
		environ = append(environ, k+"="+v)
	}
	return c, c.Read(decode, environ, card.Config{Language: "en", Timezone: "UTC"})
}

func TestRoutesInTheirOrder(t *testing.T) {
	c, err := read(t, map[string]string{
		"ROUTES": "oncall, edge-1", "ROUTE_ONCALL_MATCH": "severity=critical", "ROUTE_ONCALL_CONTINUE": "true", "ROUTE_ONCALL_URL": hook,
		"ROUTE_EDGE_1_CHANNEL": "log", "ROUTE_EDGE_1_MATCH": "namespace in (shop,cart)", "ROUTE_EDGE_1_CARD_LANGUAGE": "zh",
		"FEISHU_WEBHOOK_URL": otherHook, "FEISHU_SECRET": "s3cret-s3cret-s3cret", "FEISHU_MAX_PER_MINUTE": "30",
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"oncall", "edge-1", "default"}, c.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	routes, err := c.Open(Options{Cluster: "pi", Log: slog.New(slog.DiscardHandler), TLSTime: time.Now, Stdout: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Kind, Match, Target, Language, URL string
		Continue, Signed                   bool
		PerMinute                          int
	}
	var got []seen
	for _, r := range routes {
		got = append(got, seen{r.Kind, r.Match.String(), r.Target, r.Card.Language, r.Variable("URL"), r.Continue, r.Signed, r.PerMinute})
	}
	want := []seen{
		{"feishu", "severity=critical", "open.feishu.cn", "en", "ROUTE_ONCALL_URL", true, false, 20},
		{"log", "namespace in (shop,cart)", "", "zh", "ROUTE_EDGE_1_URL", false, false, 20},
		{"feishu", "", "open.feishu.cn", "en", "FEISHU_WEBHOOK_URL", false, true, 30},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

// TestChannelOfItsOwnPackage is one whose variables are as its package has
// them, with the route's prefix.
func TestChannelOfItsOwnPackage(t *testing.T) {
	c, err := read(t, map[string]string{
		"ROUTES": "hub", "ROUTE_HUB_CHANNEL": "webhook", "ROUTE_HUB_URL": "https://hub.example/in", "ROUTE_HUB_MAX_PER_MINUTE": "7",
		"ROUTE_HUB_SECRET": "0123456789abcdef", "CHANNEL": "webhook", "CHANNEL_URL": "https://default.example/in",
	})
	if err != nil || len(c.Warnings()) != 1 { // nothing reaches the default route
		t.Fatalf("error %v, warnings %v", err, c.Warnings())
	}
	routes, err := c.Open(Options{Log: slog.New(slog.DiscardHandler), TLSTime: time.Now})
	if err != nil || len(routes) != 1 {
		t.Fatalf("%d routes, error %v", len(routes), err)
	}
	if r := routes[0]; r.Channel == nil || r.Kind != "webhook" || r.Target != "hub.example" || r.PerMinute != 7 || !r.Signed || r.Keyed {
		t.Errorf("route is %+v", r)
	}
}

// TestTheDefaultRouteMayBeMissing only where nothing reaches it.
func TestTheDefaultRouteMayBeMissing(t *testing.T) {
	c, err := read(t, map[string]string{"ROUTES": "all", "ROUTE_ALL_URL": hook})
	if err != nil || cmp.Diff([]string{"all"}, c.Names()) != "" || len(c.Warnings()) != 0 {
		t.Errorf("routes %v, warnings %v, error %v", c.Names(), c.Warnings(), err)
	}
	c, err = read(t, map[string]string{"ROUTES": "all", "ROUTE_ALL_URL": hook, "FEISHU_WEBHOOK_URL": hook})
	if err != nil || cmp.Diff([]string{"all"}, c.Names()) != "" || len(c.Warnings()) != 1 {
		t.Errorf("routes %v, warnings %v, error %v; want a warning that nothing reaches the default route", c.Names(), c.Warnings(), err)
	}
	c, err = read(t, map[string]string{"CHANNEL": "log"})
	if err != nil || cmp.Diff([]string{"default"}, c.Names()) != "" {
		t.Errorf("without ROUTES: %v, error %v", c.Names(), err)
	}
}

func TestMistakesAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		env  map[string]string
		want string // the whole error
	}{
		{"no way out", nil, "FEISHU_WEBHOOK_URL: is required"},
		{"no default", map[string]string{"ROUTES": "a", "ROUTE_A_URL": hook, "ROUTE_A_MATCH": "kind=Node"}, "FEISHU_WEBHOOK_URL: is required, for the routes of ROUTES do not end in one that takes everything"},
		{"reserved", map[string]string{"ROUTES": "default", "CHANNEL": "log"}, `ROUTES: "default" is the name`},
		{"capitals", map[string]string{"ROUTES": "Ops", "CHANNEL": "log"}, `ROUTES: name "Ops": must be 1 to 20 of a-z, 0-9 and -`},
		{"long", map[string]string{"ROUTES": strings.Repeat("x", 21), "CHANNEL": "log"}, "must be 1 to 20"},
		{"empty name", map[string]string{"ROUTES": "a,,b", "CHANNEL": "log", "ROUTE_A_URL": hook}, `ROUTES: name ""`},
		{"twice", map[string]string{"ROUTES": "a,a", "CHANNEL": "log", "ROUTE_A_URL": hook}, `ROUTES: "a" stands twice`},
		{"no address", map[string]string{"ROUTES": "a", "CHANNEL": "log"}, "ROUTE_A_URL: is required"},
		{"wrong address", map[string]string{"ROUTES": "a", "CHANNEL": "log", "ROUTE_A_URL": "http://example.com/"}, "ROUTE_A_URL: must be https"},
		{"wrong pace", map[string]string{"ROUTES": "a", "CHANNEL": "log", "ROUTE_A_URL": hook, "ROUTE_A_MAX_PER_MINUTE": "101"}, "ROUTE_A_MAX_PER_MINUTE: 101 is out of range"},
		{"wrong kind", map[string]string{"ROUTES": "a", "CHANNEL": "log", "ROUTE_A_CHANNEL": "pigeon"}, `ROUTE_A_CHANNEL "pigeon": must be one of `},
		{"webhook without address", map[string]string{"CHANNEL": "webhook"}, "CHANNEL_URL: is required"},
		{"webhook's pace", map[string]string{"ROUTES": "a", "CHANNEL": "log", "ROUTE_A_CHANNEL": "webhook", "ROUTE_A_URL": "https://hub.example/", "ROUTE_A_MAX_PER_MINUTE": "-1"}, "ROUTE_A_MAX_PER_MINUTE"},
		{"not the webhook's", map[string]string{"CHANNEL": "webhook", "CHANNEL_URL": "https://hub.example/", "CHANNEL_KEYWORD": "x"}, "CHANNEL_KEYWORD: the default route's channel has no such variable"},
		{"wrong default kind", map[string]string{"CHANNEL": "pigeon"}, `CHANNEL "pigeon": must be one of `},
		{"selector", map[string]string{"ROUTES": "a", "CHANNEL": "log", "ROUTE_A_URL": hook, "ROUTE_A_MATCH": "kind=Node,nmespace=shop"}, `ROUTE_A_MATCH: column 11: found "nmespace"`},
		{"language", map[string]string{"ROUTES": "a", "CHANNEL": "log", "ROUTE_A_URL": hook, "ROUTE_A_CARD_LANGUAGE": "fr"}, `ROUTE_A_CARD_LANGUAGE "fr": must be zh or en`},
		{"zone", map[string]string{"ROUTES": "a", "CHANNEL": "log", "ROUTE_A_URL": hook, "ROUTE_A_TIMEZONE": "Mars"}, `ROUTE_A_TIMEZONE "Mars"`},
		{"misspelt variable", map[string]string{"ROUTES": "a", "CHANNEL": "log", "ROUTE_A_URL": hook, "ROUTE_A_MTACH": "kind=Node"}, "ROUTE_A_MTACH: the route has no such variable; did you mean ROUTE_A_MATCH?"},
		{"misspelt route", map[string]string{"ROUTES": "platform", "CHANNEL": "log", "ROUTE_PLATFORM_URL": hook, "ROUTE_PLATFROM_MATCH": "kind=Node"}, "ROUTE_PLATFROM_MATCH: no route of ROUTES has this variable; did you mean ROUTE_PLATFORM_MATCH?"},
		{"routes forgotten", map[string]string{"CHANNEL": "log", "ROUTE_A_URL": hook}, "ROUTE_A_URL: no route of ROUTES has this variable"},
		{"Feishu by the wrong name", map[string]string{"FEISHU_WEBHOOK_URL": hook, "CHANNEL_SECRET": "s3cret"}, "CHANNEL_SECRET: the default route's channel has no such variable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := read(t, tc.env)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v, want one line with %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "11111111-2222") {
				t.Errorf("error %v shows an address", err)
			}
		})
	}
}

// TestServicesOfTheClusterAreNoMistake: Kubernetes names each Service in every
// container's environment.
func TestServicesOfTheClusterAreNoMistake(t *testing.T) {
	_, err := read(t, map[string]string{
		"CHANNEL": "log", "ROUTE_PLANNER_SERVICE_HOST": "10.43.0.7", "ROUTE_PLANNER_SERVICE_PORT": "80", "ROUTE_PLANNER_SERVICE_PORT_HTTP": "80",
		"ROUTE_PLANNER_PORT": "tcp://10.43.0.7:80", "ROUTE_PLANNER_PORT_80_TCP": "tcp://10.43.0.7:80", "ROUTE_PLANNER_PORT_80_TCP_ADDR": "10.43.0.7",
		"ROUTE_UNUSED_URL": "",
	})
	if err != nil {
		t.Errorf("error %v, want none", err)
	}
}

// TestRoutesToOneFarSide are known by what addresses it, whatever else is set.
func TestRoutesToOneFarSide(t *testing.T) {
	c, err := read(t, map[string]string{
		"ROUTES": "a,b,c,d,e", "ROUTE_A_URL": hook, "ROUTE_A_MATCH": "kind=Node", "ROUTE_B_URL": otherHook, "ROUTE_B_MATCH": "kind=Pod",
		"ROUTE_C_CHANNEL": "telegram", "ROUTE_C_TOKEN": "1234567:abcdefghijklmnopqrstuvwxyz012345678", "ROUTE_C_CHAT_ID": "-1001", "ROUTE_C_MATCH": "kind=Job",
		"ROUTE_D_CHANNEL": "telegram", "ROUTE_D_TOKEN": "1234567:abcdefghijklmnopqrstuvwxyz012345678", "ROUTE_D_CHAT_ID": "-1002", "ROUTE_D_MATCH": "kind=CronJob",
		"ROUTE_E_CHANNEL": "log", "ROUTE_E_MATCH": "kind=Ingress", "FEISHU_WEBHOOK_URL": hook, "FEISHU_SECRET": "s3cret-s3cret-s3cret", "FEISHU_MAX_PER_MINUTE": "30",
	})
	if err != nil {
		t.Fatal(err)
	}
	routes, err := c.Open(Options{Log: slog.New(slog.DiscardHandler), TLSTime: time.Now, Stdout: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	a, b, chat, other, log, standard := routes[0].Far, routes[1].Far, routes[2].Far, routes[3].Far, routes[4].Far, routes[5].Far
	if a != standard || a == b || chat == other || chat == a || log != "" || strings.Contains(a+chat, "11111111") {
		t.Errorf("far sides are %q", []string{a, b, chat, other, log, standard})
	}
}

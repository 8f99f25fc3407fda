package channel

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/dingtalk"
	"github.com/edgebell/edgebell/functions/email"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishuapp"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/ntfy"
	"github.com/edgebell/edgebell/functions/onward"
	"github.com/edgebell/edgebell/functions/slack"
	"github.com/edgebell/edgebell/functions/telegram"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/wecom"
)

// config is the configuration of one channel, a pointer to a struct with env
// tags, and what opens it.
type config interface {
	// Validate names every variable that is wrong, with the prefix before it.
	Validate(prefix string) error
	// open fills in what a Route says of its channel.
	open(r *notify.Route, o Options, looks card.Config) error
}

// kinds makes an empty config for each value of CHANNEL.
var kinds = map[string]func() config{
	notify.ChannelFeishu: func() config { return new(feishuRoute) },
	notify.ChannelLog:    func() config { return new(logConfig) },
	"cloudevents":        of(sink),
	"dingtalk":           of(dingtalk.New),
	"email":              of(email.New),
	"feishu-app":         of(app),
	"ntfy":               of(ntfy.New),
	"slack":              of(slack.New),
	"telegram":           of(telegram.New),
	"webhook":            of(webhook.New),
	"wecom":              of(wecom.New),
}

func app(cfg feishuapp.Config, looks card.Config, o webhook.Options) (notify.Channel, error) {
	return feishuapp.New(cfg, looks, o)
}

// sink is no channel for people, so it has no looks.
func sink(cfg onward.Config, _ card.Config, o webhook.Options) (notify.Channel, error) {
	return onward.New(cfg, o)
}

// Kinds are the values of CHANNEL.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Options are what channels share.
type Options struct {
	Cluster string
	Log     *slog.Logger
	// TLSTime is the time against which certificates are checked; Dates, which
	// may be nil, learns it from answers.
	TLSTime func() time.Time
	Dates   *notify.Dates
	// Stdout is where CHANNEL=log prints.
	Stdout io.Writer
}

// Open opens the channels. They do no I/O before they send.
func (c *Config) Open(o Options) ([]notify.Route, error) {
	routes := make([]notify.Route, 0, len(c.specs))
	for _, s := range c.specs {
		r := s.route
		r.Kind, r.Card = s.kind, s.card
		if err := s.config.open(&r, o, s.card); err != nil {
			return nil, fmt.Errorf("prepare channel of route %s: %w", r.Name, err)
		}
		r.Far = farOf(s.kind, s.config)
		routes = append(routes, r)
	}
	return routes, nil
}

// feishuRoute is a Feishu or Lark custom bot under a route's prefix.
type feishuRoute struct {
	URL          string `env:"URL"`
	Secret       string `env:"SECRET"`
	Keyword      string `env:"KEYWORD"`
	MaxPerMinute int    `env:"MAX_PER_MINUTE, default=20"`
}

func (c *feishuRoute) config() feishu.Config {
	return feishu.Config{URL: c.URL, Secret: c.Secret, Keyword: c.Keyword, MaxPerMinute: c.MaxPerMinute}
}

func (c *feishuRoute) Validate(prefix string) error {
	cfg := c.config()
	err := cfg.Validate()
	c.URL, c.Secret, c.Keyword, c.MaxPerMinute = cfg.URL, cfg.Secret, cfg.Keyword, cfg.MaxPerMinute
	if err == nil {
		return nil
	}
	return errors.New(strings.NewReplacer("FEISHU_WEBHOOK_URL", prefix+"URL", "FEISHU_", prefix).Replace(err.Error()))
}

func (c *feishuRoute) open(r *notify.Route, o Options, looks card.Config) error {
	return openFeishu(c.config(), r, o, looks)
}

// feishuDefault is the default route's bot, whose variables are FEISHU_*.
type feishuDefault feishu.Config

func (c *feishuDefault) Validate(string) error { return (*feishu.Config)(c).Validate() }

func (c *feishuDefault) open(r *notify.Route, o Options, looks card.Config) error {
	r.Prefix = "FEISHU_"
	return openFeishu(feishu.Config(*c), r, o, looks)
}

func openFeishu(cfg feishu.Config, r *notify.Route, o Options, looks card.Config) error {
	cards, err := card.New(looks, card.Options{Keyword: cfg.Keyword, Cluster: o.Cluster})
	if err != nil {
		return fmt.Errorf("prepare cards: %w", err)
	}
	client, err := feishu.New(cfg, feishu.WithLogger(o.Log), feishu.WithTLSTime(o.TLSTime))
	if err != nil {
		return fmt.Errorf("prepare Feishu client: %w", err)
	}
	for _, w := range cfg.Warnings() {
		o.Log.Warn(strings.NewReplacer("FEISHU_WEBHOOK_URL", r.Variable("URL")).Replace(w))
	}
	r.Channel, r.Target, r.PerMinute = notify.NewFeishu(cards, client, o.Dates), client.String(), cfg.MaxPerMinute
	r.Signed, r.Keyed = cfg.Secret != "", cfg.Keyword != ""
	return nil
}

// logConfig is CHANNEL=log, which has nothing to set.
type logConfig struct{}

func (*logConfig) Validate(string) error { return nil }

func (*logConfig) open(r *notify.Route, o Options, looks card.Config) error {
	cards, err := card.New(looks, card.Options{Cluster: o.Cluster})
	if err != nil {
		return fmt.Errorf("prepare cards: %w", err)
	}
	r.Channel, r.PerMinute = notify.NewLog(cards, o.Stdout), printedPerMinute
	return nil
}

// printedPerMinute is how often CHANNEL=log prints.
const printedPerMinute = 20

// Plan is what Open would open, without channels.
func (c *Config) Plan() []notify.Route {
	routes := make([]notify.Route, len(c.specs))
	for i, s := range c.specs {
		routes[i] = s.route
		routes[i].Kind, routes[i].Card = s.kind, s.card
	}
	return routes
}

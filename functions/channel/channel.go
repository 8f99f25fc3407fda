// Package channel knows every kind of channel. It reads ROUTES and the
// variables of each route, refuses what is wrong or misspelt by the variable's
// full name, and opens the channels. It sends nothing.
//
// Begin with Config.Read, then Config.Open.
package channel

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/notify"
)

// Config is the environment of the ways out. Its own fields are those whose
// names are fixed; Read finds those of the routes.
type Config struct {
	// Kind is the default route's channel.
	Kind string `env:"CHANNEL, default=feishu"`
	// Routes are names of routes, in the order in which they are tried.
	Routes string `env:"ROUTES"`
	// Feishu is the default route's bot, with CHANNEL=feishu.
	Feishu feishu.Config

	specs    []spec
	warnings []string
}

// spec is a route whose variables are right.
type spec struct {
	route  notify.Route
	card   card.Config
	kind   string
	config config
}

// Decode reads cfg, a pointer to a struct with env tags, from the variables
// that begin with prefix. Its errors name the full variables.
type Decode func(prefix string, cfg any) error

// Read reads the routes, and validates everything: its error has a line for
// each variable that is wrong. environ is that of os.Environ; looks are the
// cards' settings where a route has none of its own.
func (c *Config) Read(decode Decode, environ []string, looks card.Config) error {
	r := reading{decode: decode, looks: looks}
	names, err := splitNames(c.Routes)
	r.note(err)
	for _, name := range names {
		r.route(name)
	}
	r.standard(c)
	r.note(r.unknown(environ)...)
	c.specs, c.warnings = r.specs, r.warnings
	return errors.Join(r.errs...)
}

// Names are the routes, in the order in which they are tried, the default route
// last; it is left out where nothing can reach it.
func (c *Config) Names() []string {
	names := make([]string, len(c.specs))
	for i, s := range c.specs {
		names[i] = s.route.Name
	}
	return names
}

// Warnings name what is allowed but is probably a mistake.
func (c *Config) Warnings() []string { return c.warnings }

// reading is a Read under way.
type reading struct {
	decode   Decode
	looks    card.Config
	specs    []spec
	known    []string // every variable that a route may have
	prefixes []string // of the routes
	errs     []error
	warnings []string
}

func (r *reading) note(errs ...error) {
	for _, err := range errs {
		if err != nil {
			r.errs = append(r.errs, err)
		}
	}
}

// settings are the variables that every route has.
type settings struct {
	Kind     string `env:"CHANNEL, default=feishu"`
	Match    string `env:"MATCH"`
	Continue bool   `env:"CONTINUE, default=false"`
	Language string `env:"CARD_LANGUAGE"`
	Title    string `env:"CARD_TITLE"`
	Timezone string `env:"TIMEZONE"`
}

// route reads one of ROUTES.
func (r *reading) route(name string) {
	prefix := prefixOf(name)
	r.prefixes = append(r.prefixes, prefix)
	r.know(prefix, &settings{})
	var s settings
	r.note(r.decode(prefix, &s))
	out := spec{kind: s.Kind, card: r.looks, route: notify.Route{Name: name, Prefix: prefix, Match: alert.Everything(), Continue: s.Continue}}
	if s.Match != "" {
		f, err := alert.ParseFilter(s.Match)
		if err != nil {
			r.note(fmt.Errorf("%sMATCH: %w", prefix, err))
		}
		out.route.Match = f
	}
	out.card.Language = cmp.Or(s.Language, r.looks.Language)
	out.card.Title = cmp.Or(s.Title, r.looks.Title)
	out.card.Timezone = cmp.Or(s.Timezone, r.looks.Timezone)
	own := card.Config{Language: s.Language, Title: s.Title, Timezone: s.Timezone}
	r.note(prefixed(prefix, own.Validate()))
	r.channel(&out, prefix+"CHANNEL")
}

// channel reads the configuration of the spec's channel.
func (r *reading) channel(s *spec, variable string) {
	kind, ok := kinds[s.kind]
	if !ok && s.kind == longtail {
		r.know(s.route.Prefix, &lacked{})
		r.note(fmt.Errorf("%s %q: %s", variable, s.kind, lacking))
		return
	}
	if !ok {
		r.note(fmt.Errorf("%s %q: must be one of %s", variable, s.kind, strings.Join(Kinds(), ", ")))
		return
	}
	s.config = kind()
	r.know(s.route.Prefix, s.config)
	if err := r.decode(s.route.Prefix, s.config); err != nil {
		r.note(err)
		return // what could not be read would be refused again as missing
	}
	r.note(s.config.Validate(s.route.Prefix))
	r.specs = append(r.specs, *s)
}

// standard reads the default route, which takes what no other has.
func (r *reading) standard(c *Config) {
	s := spec{kind: c.Kind, card: r.looks, route: notify.Route{Name: alert.DefaultRoute, Prefix: defaultPrefix, Match: alert.Everything()}}
	closed := len(r.specs) > 0 && r.specs[len(r.specs)-1].route.TakesAll()
	if c.Kind != notify.ChannelFeishu {
		if closed {
			r.warn("CHANNEL: the default route takes nothing, for the last of ROUTES takes everything")
			r.know(defaultPrefix, r.fresh(c.Kind))
			return
		}
		r.channel(&s, "CHANNEL")
		return
	}
	wanted := c.Feishu.URL != ""
	switch {
	case closed && wanted:
		r.warn("FEISHU_WEBHOOK_URL: the default route takes nothing, for the last of ROUTES takes everything")
	case closed:
	case !wanted && c.Routes != "":
		r.note(errors.New("FEISHU_WEBHOOK_URL: is required, for the routes of ROUTES do not end in one that takes everything (an empty MATCH), so a default route must: set it, or another CHANNEL"))
	default:
		r.note(c.Feishu.Validate())
		s.config = (*feishuDefault)(&c.Feishu)
		r.specs = append(r.specs, s)
	}
}

func (r *reading) warn(s string) { r.warnings = append(r.warnings, s) }

// defaultPrefix is how the default route's variables begin. Those of Feishu are
// older than routes and begin with FEISHU_.
const defaultPrefix = "CHANNEL_"

// prefixOf is how a route's variables begin.
func prefixOf(name string) string {
	return "ROUTE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
}

// maxRoutes bounds the connections and what the ledger keeps for each story.
const maxRoutes = 16

// splitNames reads ROUTES.
func splitNames(s string) ([]string, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	var names []string
	for name := range strings.SplitSeq(s, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == alert.DefaultRoute:
			return names, errors.New(`ROUTES: "default" is the name of the route that takes what no other does: choose another`)
		case !isName(name):
			return names, fmt.Errorf("ROUTES: name %q: must be 1 to 20 of a-z, 0-9 and -", name)
		case slices.Contains(names, name):
			return names, fmt.Errorf("ROUTES: %q stands twice", name)
		case len(names) == maxRoutes:
			return names, fmt.Errorf("ROUTES: must be at most %d", maxRoutes)
		}
		names = append(names, name)
	}
	return names, nil
}

func isName(s string) bool {
	ok := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' }
	return len(s) >= 1 && len(s) <= 20 && !strings.ContainsFunc(s, func(r rune) bool { return !ok(r) })
}

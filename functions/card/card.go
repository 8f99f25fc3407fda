// Package card turns groups of alerts into Feishu messages: card JSON 2.0, card
// JSON 1.0, or the rich text "post" that no client refuses. All text from the
// cluster is untrusted: it is cleaned and stands in plain text nodes only, so
// that it can neither mention, link, inject nor break a message. The package
// does no I/O and reads no clock; the same input gives the same bytes.
//
// Begin with New, then Single, Digest or Notice.
package card

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Schema is the shape of a message.
type Schema string

// The schemas, each simpler than the one before it.
const (
	V2   Schema = "2.0"
	V1   Schema = "1.0"
	Post Schema = "post"
)

// Simpler is the schema to fall back to when the bot refuses a message for
// good; false when there is none.
func (s Schema) Simpler() (Schema, bool) {
	switch s {
	case V2:
		return V1, true
	case V1:
		return Post, true
	}
	return "", false
}

// Config says how messages look. Empty counts as unset.
type Config struct {
	Schema   Schema `env:"CARD_SCHEMA, default=2.0"`
	Language string `env:"CARD_LANGUAGE, default=zh"`
	// Title stands beside the cluster's name on every card.
	Title    string `env:"CARD_TITLE"`
	Timezone string `env:"TIMEZONE, default=Asia/Shanghai"`
	// RunbookURL and DashboardURL are https addresses with gaps such as
	// {{.Reason}}; they become buttons.
	RunbookURL   string `env:"RUNBOOK_URL"`
	DashboardURL string `env:"DASHBOARD_URL"`
	// Template is a card of the operator's own for single stories: its JSON,
	// whose texts are Go templates.
	Template string `env:"CARD_TEMPLATE"`
}

func (c Config) withDefaults() Config {
	if c.Schema == "" {
		c.Schema = V2
	}
	if c.Language == "" {
		c.Language = "zh"
	}
	if c.Timezone == "" {
		c.Timezone = "Asia/Shanghai"
	}
	return c
}

// Validate names each variable that is wrong and what would be right.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	if c.Schema != V2 && c.Schema != V1 && c.Schema != Post {
		errs = append(errs, fmt.Errorf("CARD_SCHEMA %q: must be 2.0, 1.0 or post", c.Schema))
	}
	if wordsOf(c.Language) == nil {
		errs = append(errs, fmt.Errorf("CARD_LANGUAGE %q: must be zh or en", c.Language))
	}
	if len(c.Title) > maxTitle {
		errs = append(errs, fmt.Errorf("CARD_TITLE of %d bytes: must be at most %d", len(c.Title), maxTitle))
	}
	// "Local" would be whatever the image has, which is nothing.
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "Local" {
		errs = append(errs, fmt.Errorf("TIMEZONE %q: must be a name of the IANA time zone database such as Asia/Shanghai, Europe/Berlin or UTC", c.Timezone))
	}
	if _, err := parseLink(c.RunbookURL); err != nil {
		errs = append(errs, fmt.Errorf("RUNBOOK_URL: %w", err))
	}
	if _, err := parseLink(c.DashboardURL); err != nil {
		errs = append(errs, fmt.Errorf("DASHBOARD_URL: %w", err))
	}
	if _, err := parseCustom(c.Template); err != nil {
		errs = append(errs, fmt.Errorf("CARD_TEMPLATE %w", err))
	}
	if len(errs) == 0 { // now its examples can be rendered
		_, err := build(c, Options{})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

const (
	maxTitle   = 100
	maxKeyword = 100
)

// Options are what the wiring knows besides Config.
type Options struct {
	// Keyword must stand in every message when the bot asks for one.
	Keyword string
	// Cluster is shown where no alert names its own.
	Cluster string
	// Forms are how messages look on a channel other than Feishu, the richest
	// first; none means Feishu's.
	Forms []Form
	// MaxBytes bounds a message's payload; 0 means Feishu's bound. Stories are
	// cut and digests are split to keep it.
	MaxBytes int
}

// Renderer makes messages. It is safe for concurrent use.
type Renderer struct {
	schema  Schema
	words   *words
	title   string
	cluster string
	keyword string
	zone    *time.Location
	forms   []Form
	most    int // bytes of a payload

	runbook, dashboard *linkTemplate
	custom             *custom
}

// New makes a Renderer.
func New(cfg Config, opts Options) (*Renderer, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	// A keyword that cleaning would change could not be kept to the letter.
	if kw := opts.Keyword; len(kw) > maxKeyword || cleanLine(kw) != kw {
		return nil, fmt.Errorf("FEISHU_KEYWORD: must be one line of at most %d bytes without control or invisible characters", maxKeyword)
	}
	return build(cfg, opts)
}

func build(cfg Config, opts Options) (*Renderer, error) {
	zone, err := time.LoadLocation(cfg.Timezone)
	if err != nil {
		return nil, fmt.Errorf("load TIMEZONE: %w", err)
	}
	r := &Renderer{
		schema:  cfg.Schema,
		words:   wordsOf(cfg.Language),
		title:   line(cfg.Title, maxTitle),
		cluster: line(opts.Cluster, maxField),
		keyword: opts.Keyword,
		zone:    zone,
		forms:   opts.Forms,
		most:    cmp.Or(opts.MaxBytes, maxPayload),
	}
	return r, r.configure(cfg)
}

// configure reads the templates, which Validate has seen already.
func (r *Renderer) configure(cfg Config) (err error) {
	if r.runbook, err = parseLink(cfg.RunbookURL); err != nil {
		return fmt.Errorf("RUNBOOK_URL: %w", err)
	}
	if r.dashboard, err = parseLink(cfg.DashboardURL); err != nil {
		return fmt.Errorf("DASHBOARD_URL: %w", err)
	}
	if r.custom, err = parseCustom(cfg.Template); err != nil {
		return fmt.Errorf("CARD_TEMPLATE %w", err)
	}
	return r.tryCustom()
}

// Schema is the configured one, with which every story begins.
func (r *Renderer) Schema() Schema { return r.schema }

// MaxBytes bounds a whole request; the payload leaves room for the envelope
// (timestamp, signature, msg_type).
const (
	MaxBytes      = 18 << 10
	envelopeBytes = 400
	maxPayload    = MaxBytes - envelopeBytes
)

// marshal renders a view in a schema.
func (r *Renderer) marshal(schema Schema, v View) (Message, error) {
	if form := r.native(schema); form != nil {
		return form(v)
	}
	var (
		msg  = Message{MsgType: "interactive"}
		body any
	)
	switch schema {
	case V2:
		body = v2Card(v)
	case V1:
		body = v1Card(v)
	case Post:
		msg.MsgType, body = "post", postContent(v, r.words.locale)
	default:
		return Message{}, fmt.Errorf("render card: schema %q: must be 2.0, 1.0 or post", schema)
	}
	raw, err := encode(body)
	if err != nil {
		return Message{}, fmt.Errorf("encode card: %w", err)
	}
	msg.Payload = raw
	return msg, nil
}

func (r *Renderer) fits(msg Message) bool { return msg.size() <= r.most }

// checked refuses what the bot would refuse.
func (r *Renderer) checked(msg Message, err error) (Message, error) {
	if err == nil && !r.fits(msg) {
		return Message{}, fmt.Errorf("render card: %d bytes, at most %d fit", msg.size(), r.most)
	}
	return msg, err
}

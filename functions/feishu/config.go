package feishu

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook/wire"
)

const (
	hookPath   = "/open-apis/bot/v2/hook/"
	hookPathV1 = "/open-apis/bot/hook/"

	defaultPerMinute = 20
	// maxPerMinute is what Feishu grants one bot.
	maxPerMinute = 100
)

// maxToken bounds a bot's token; real ones are UUIDs.
const maxToken = 128

var (
	tokenPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	uuidPattern  = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	publicHosts  = map[string]bool{"open.feishu.cn": true, "open.larksuite.com": true}
)

// Config says which bot to use. Its text forms show the host alone.
type Config struct {
	// URL is the webhook's address; it is a credential.
	URL string `env:"FEISHU_WEBHOOK_URL"`
	// Secret signs every message when the bot's signature check is on.
	Secret string `env:"FEISHU_SECRET"`
	// Keyword must stand in every message when the bot's keyword check is on.
	// The client does not add it: whoever writes the card does.
	Keyword string `env:"FEISHU_KEYWORD"`
	// MaxPerMinute is kept by the caller, who knows what can be put together.
	MaxPerMinute int `env:"FEISHU_MAX_PER_MINUTE, default=20"`
}

// Validate trims what was pasted, fills in defaults and names every variable
// that is wrong. It never quotes a value: each one is, or may hold, a secret.
func (c *Config) Validate() error {
	c.URL = strings.TrimSpace(c.URL)
	c.Secret = strings.TrimSpace(c.Secret)
	c.Keyword = strings.TrimSpace(c.Keyword)
	if c.MaxPerMinute == 0 {
		c.MaxPerMinute = defaultPerMinute
	}
	var errs []error
	if err := validateURL(c.URL); err != nil {
		errs = append(errs, fmt.Errorf("FEISHU_WEBHOOK_URL: %w", err))
	}
	if c.MaxPerMinute < 1 || c.MaxPerMinute > maxPerMinute {
		errs = append(errs, fmt.Errorf("FEISHU_MAX_PER_MINUTE: %d is out of range, want 1 to %d", c.MaxPerMinute, maxPerMinute))
	}
	return errors.Join(errs...)
}

func validateURL(raw string) error {
	if raw == "" {
		return errors.New("is required: copy the custom bot's webhook address, https://open.feishu.cn" + hookPath + "<token>")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// url.Error quotes the address, so it is not wrapped.
		return errors.New("is not a URL")
	}
	switch {
	case u.Host == "" || u.Hostname() == "":
		return errors.New("has no host, want https://open.feishu.cn" + hookPath + "<token>")
	case u.Scheme == "http" && !wire.Loopback(u.Hostname()):
		return errors.New("must be https: http is taken for loopback hosts only")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must be https")
	case u.User != nil:
		return errors.New("must not hold a user name or a password")
	}
	if err := validatePath(u.EscapedPath()); err != nil {
		return err
	}
	switch {
	case u.RawQuery != "" || u.ForceQuery:
		return errors.New("must not have a query: the bot refuses it")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return errors.New("must not have a fragment")
	}
	return nil
}

func validatePath(path string) error {
	if strings.HasPrefix(path, hookPathV1) {
		return errors.New("is a version 1 webhook, which takes plain text only: create a custom bot in the group and use its v2 address (" + hookPath + "<token>)")
	}
	token, ok := strings.CutPrefix(path, hookPath)
	if !ok {
		return errors.New("is not a Feishu bot's address, want https://open.feishu.cn" + hookPath + "<token>; for another channel set CHANNEL")
	}
	if len(token) > maxToken || !tokenPattern.MatchString(token) {
		return errors.New("has no usable token after " + hookPath + ", want letters, digits, - and _ alone")
	}
	return nil
}

// Warnings names what is allowed but is probably a mistake. The config must be
// valid.
func (c Config) Warnings() []string {
	u, err := url.Parse(c.URL)
	if err != nil || wire.Loopback(u.Hostname()) {
		return nil
	}
	var out []string
	if !publicHosts[strings.ToLower(u.Hostname())] {
		out = append(out, fmt.Sprintf("FEISHU_WEBHOOK_URL: host %q is neither open.feishu.cn nor open.larksuite.com; right only for a private deployment", u.Host))
	}
	if !uuidPattern.MatchString(strings.TrimPrefix(u.Path, hookPath)) {
		out = append(out, "FEISHU_WEBHOOK_URL: the token does not look like a custom bot's (8-4-4-4-12 hex digits); was it cut while copying?")
	}
	return out
}

func (c Config) host() string {
	u, err := url.Parse(strings.TrimSpace(c.URL))
	if err != nil {
		return ""
	}
	return u.Host
}

// String shows what may be logged.
func (c Config) String() string {
	return fmt.Sprintf("feishu(host=%s signed=%t keyword=%t max_per_minute=%d)", c.host(), c.Secret != "", c.Keyword != "", c.MaxPerMinute)
}

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

// LogValue keeps slog from showing the fields.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON keeps a status page or a JSON log from showing the fields.
func (c Config) MarshalJSON() ([]byte, error) { return []byte(fmt.Sprintf("%q", c.String())), nil }

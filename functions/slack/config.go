package slack

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	example = "https://hooks.slack.com/services/T…/B…/…"
	// perMinute is one message a second, what Slack grants a webhook
	// (https://docs.slack.dev/apis/web-api/rate-limits, "posting messages").
	perMinute = 60
)

// Config is a Slack channel's environment; the wiring puts a prefix before the
// names. Empty counts as unset.
type Config struct {
	// URL is the incoming webhook's address; it is a credential.
	URL string `env:"URL"`
	// MaxPerMinute is kept by whoever sends.
	MaxPerMinute int `env:"MAX_PER_MINUTE"`
}

// Validate names every variable that is wrong, with prefix, and what would be
// right. It never quotes the address.
func (c Config) Validate(prefix string) error {
	u, err := webhook.CheckURL(prefix+"URL", strings.TrimSpace(c.URL), example, false)
	if err == nil {
		err = checkPath(prefix+"URL", u)
	}
	return errors.Join(err, webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, perMinute))
}

// checkPath knows Slack's own hosts; others may stand for them in a proxy.
func checkPath(name string, u *url.URL) error {
	host := strings.ToLower(u.Hostname())
	switch {
	case strings.HasPrefix(u.Path, "/open-apis/bot/"):
		return fmt.Errorf("%s: is a Feishu bot's address, want %s", name, example)
	case host != "hooks.slack.com" && host != "hooks.slack-gov.com":
		return nil
	case strings.HasPrefix(u.Path, "/workflows/"), strings.HasPrefix(u.Path, "/triggers/"):
		return fmt.Errorf("%s: is a workflow's trigger, which takes no messages: create an incoming webhook, %s", name, example)
	case strings.Count(strings.Trim(u.Path, "/"), "/") != 3 || !strings.HasPrefix(u.Path, "/services/"):
		return fmt.Errorf("%s: is not an incoming webhook, want %s", name, example)
	}
	return nil
}

// PerMinute is the pace to keep.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, perMinute) }

// Host is what may be shown of the address.
func (c Config) Host() string { return webhook.HostOf(c.URL) }

// String shows the host alone.
func (c Config) String() string { return "slack(" + c.Host() + ")" }

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

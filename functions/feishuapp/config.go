package feishuapp

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	defaultURL = "https://open.feishu.cn"
	example    = "https://open.feishu.cn or https://open.larksuite.com"
	// perMinute is far below what im/v1 grants (50 a second, 5 a second in one
	// chat): what a reader can follow.
	perMinute = 20
	// defaultCalls is what a free tenant's apps may call in a month, together.
	defaultCalls = 10_000
	mostCalls    = 100_000_000
)

// Config is the app's environment; the wiring puts a prefix before the names.
// Empty counts as unset.
type Config struct {
	// URL is where the API is: Feishu's by default, Lark's, or a proxy's.
	URL   string `env:"URL"`
	AppID string `env:"APP_ID"`
	// Secret is the app's.
	Secret string `env:"SECRET"`
	// Chat is the chat_id of the group that the bot is in.
	Chat         string `env:"CHAT_ID"`
	MaxPerMinute int    `env:"MAX_PER_MINUTE"`
	// CallsPerMonth is how many calls this channel may use up; edits keep
	// within it, messages of new trouble are sent whatever it says.
	CallsPerMonth int `env:"CALLS_PER_MONTH"`
}

// Validate names every variable that is wrong, with prefix, and what would be
// right. It never quotes the secret.
func (c Config) Validate(prefix string) error {
	_, err := webhook.CheckURL(prefix+"URL", c.base(), example, false)
	errs := []error{err, webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, perMinute)}
	if err == nil {
		if u, _ := url.Parse(c.base()); strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			errs = append(errs, fmt.Errorf("%sURL: must have no path, want %s", prefix, example))
		}
	}
	if id := strings.TrimSpace(c.AppID); !strings.HasPrefix(id, "cli_") || strings.ContainsAny(id, " \t\n") {
		errs = append(errs, fmt.Errorf("%sAPP_ID: must be an app's id, cli_…, from the developer console", prefix))
	}
	if strings.TrimSpace(c.Secret) == "" {
		errs = append(errs, fmt.Errorf("%sSECRET: is required, the app's secret from the developer console", prefix))
	}
	if chat := strings.TrimSpace(c.Chat); !strings.HasPrefix(chat, "oc_") || strings.ContainsAny(chat, " \t\n") {
		errs = append(errs, fmt.Errorf("%sCHAT_ID: must be a group's chat_id, oc_…, as the group's settings show it", prefix))
	}
	if n := c.CallsPerMonth; n != 0 && (n < 100 || n > mostCalls) {
		errs = append(errs, fmt.Errorf("%sCALLS_PER_MONTH %d: must be 100 to %d; a free tenant's apps have %d together", prefix, n, mostCalls, defaultCalls))
	}
	return errors.Join(errs...)
}

func (c Config) base() string {
	return strings.TrimSuffix(cmp.Or(strings.TrimSpace(c.URL), defaultURL), "/")
}

// PerMinute is the pace to keep.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, perMinute) }

// Host is what may be shown of the address.
func (c Config) Host() string { return webhook.HostOf(c.base()) }

// String shows the host alone.
func (c Config) String() string { return "feishuapp(" + c.Host() + ")" }

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

package wecom

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/edgebell/edgebell/functions/robot"
	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	path    = "/cgi-bin/webhook/send"
	example = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=<key>"
)

// Config says which robot to use. Its text forms show the host alone.
type Config struct {
	// URL is the webhook's address; it is a credential.
	URL          string `env:"URL"`
	MaxPerMinute int    `env:"MAX_PER_MINUTE"`
}

func (c Config) address(prefix string) (robot.Address, error) {
	return robot.ParseAddress(prefix+"URL", c.URL, path, "key", example)
}

// Validate names every variable that is wrong, with prefix before it, and what
// would be right. It never quotes the address.
func (c Config) Validate(prefix string) error {
	_, err := c.address(prefix)
	return errors.Join(err, webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, robot.MaxPerMinute))
}

// PerMinute is how many messages may be sent in a minute.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, robot.DefaultPerMinute) }

// Host is where messages go, for a status page.
func (c Config) Host() string {
	a, _ := c.address("") // a wrong address has no host
	return a.Host
}

// String shows what may be logged.
func (c Config) String() string {
	return fmt.Sprintf("wecom(host=%s max_per_minute=%d)", c.Host(), c.PerMinute())
}

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

// MarshalJSON keeps a status page or a JSON log from showing the fields.
func (c Config) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", c.String()), nil }

package dingtalk

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/edgebell/edgebell/functions/robot"
	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	path    = "/robot/send"
	example = "https://oapi.dingtalk.com/robot/send?access_token=<token>"

	maxKeyword = 100
)

// Config says which robot to use. Its text forms show the host alone.
type Config struct {
	// URL is the webhook's address; it is a credential.
	URL string `env:"URL"`
	// Secret, SEC…, signs every message when the robot's signature is on.
	Secret string `env:"SECRET"`
	// Keyword stands in every message when the robot's keywords are on.
	Keyword      string `env:"KEYWORD"`
	MaxPerMinute int    `env:"MAX_PER_MINUTE"`
}

func (c Config) trimmed() Config {
	c.URL, c.Secret, c.Keyword = strings.TrimSpace(c.URL), strings.TrimSpace(c.Secret), strings.TrimSpace(c.Keyword)
	return c
}

func (c Config) address(prefix string) (robot.Address, error) {
	return robot.ParseAddress(prefix+"URL", c.URL, path, "access_token", example)
}

// Validate names every variable that is wrong, with prefix before it, and what
// would be right. It never quotes a value: each one is, or may hold, a secret.
func (c Config) Validate(prefix string) error {
	c = c.trimmed()
	_, err := c.address(prefix)
	errs := []error{err, webhook.CheckSecret(prefix+"SECRET", c.Secret)}
	if len(c.Keyword) > maxKeyword || !robot.OneLine(c.Keyword) {
		errs = append(errs, fmt.Errorf("%sKEYWORD: must be one line of at most %d bytes without control or invisible characters", prefix, maxKeyword))
	}
	return errors.Join(append(errs, webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, robot.MaxPerMinute))...)
}

// PerMinute is how many messages may be sent in a minute. One more than 20
// would silence the robot for ten minutes.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, robot.DefaultPerMinute) }

// Host is where messages go, for a status page.
func (c Config) Host() string {
	a, _ := c.address("") // a wrong address has no host
	return a.Host
}

// String shows what may be logged.
func (c Config) String() string {
	return fmt.Sprintf("dingtalk(host=%s signed=%t keyword=%t max_per_minute=%d)", c.Host(), c.Secret != "", c.Keyword != "", c.PerMinute())
}

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

// MarshalJSON keeps a status page or a JSON log from showing the fields.
func (c Config) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", c.String()), nil }

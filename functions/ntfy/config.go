package ntfy

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	example = "https://ntfy.sh/<topic>"
	// perMinute is what a visitor's bucket of 60 requests refills, one in 5
	// seconds (https://docs.ntfy.sh/publish/#limitations).
	perMinute = 12
	// most is for servers of one's own, which may allow more.
	most = 600
)

// topicPattern and maxTopic are the server's own.
const maxTopic = 64

var topicPattern = regexp.MustCompile(`^[-_A-Za-z0-9]+$`)

// Config is an ntfy topic's environment; the wiring puts a prefix before the
// names. Empty counts as unset.
type Config struct {
	// URL is the server's with the topic. Who knows a topic of ntfy.sh can
	// read it, so it is a credential.
	URL string `env:"URL"`
	// Token is an access token (tk_…), for topics that ask for one.
	Token string `env:"TOKEN"`
	// MaxPerMinute is kept by whoever sends.
	MaxPerMinute int `env:"MAX_PER_MINUTE"`
}

// split gives the address to post to and the topic.
func (c Config) split() (server, topic string, err error) {
	u, err := webhook.CheckURL("URL", strings.TrimSpace(c.URL), example, true)
	if err != nil {
		return "", "", err
	}
	topic = strings.Trim(u.Path, "/")
	switch {
	case u.RawQuery != "" || u.ForceQuery:
		return "", "", fmt.Errorf("URL: must not have a query, want %s", example)
	case len(topic) > maxTopic || !topicPattern.MatchString(topic):
		return "", "", fmt.Errorf("URL: must end in one topic of at most 64 letters, digits, - and _, want %s", example)
	}
	return u.Scheme + "://" + u.Host + "/", topic, nil
}

// Validate names every variable that is wrong, with prefix, and what would be
// right. It never quotes the topic or the token.
func (c Config) Validate(prefix string) error {
	var errs []error
	if _, _, err := c.split(); err != nil {
		errs = append(errs, errors.New(prefix+err.Error()))
	}
	errs = append(errs, webhook.CheckSecret(prefix+"TOKEN", strings.TrimSpace(c.Token)),
		webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, most))
	return errors.Join(errs...)
}

// PerMinute is the pace to keep.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, perMinute) }

// Host is what may be shown of the address.
func (c Config) Host() string { return webhook.HostOf(c.URL) }

// String shows the host alone.
func (c Config) String() string { return "ntfy(" + c.Host() + ")" }

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

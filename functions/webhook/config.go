package webhook

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/edgebell/edgebell/functions/card"
)

const (
	defaultPerMinute = 60
	mostPerMinute    = 6000
	defaultMaxBytes  = 64 << 10
	leastMaxBytes    = 4096
	leastTemplate    = 1000 // with a template
	mostMaxBytes     = 1 << 20
	leastSecret      = 16
)

// Config is a webhook's environment; the wiring puts a prefix before the names.
// Empty counts as unset.
type Config struct {
	// URL takes the messages by POST; it is a credential.
	URL string `env:"URL"`
	// Token, when set, is sent as a bearer token.
	Token string `env:"TOKEN"`
	// Secret, when set, signs every request; see Sign.
	Secret string `env:"SECRET"`
	// Template is a JSON object whose texts are Go templates (see
	// card.ParseForm), in place of Message.
	Template string `env:"TEMPLATE"`
	// MaxBytes bounds a request's body: stories are cut and digests split.
	MaxBytes int `env:"MAX_BYTES"`
	// MaxPerMinute is kept by whoever sends.
	MaxPerMinute int `env:"MAX_PER_MINUTE"`
}

func (c Config) trimmed() Config {
	c.URL, c.Token, c.Secret = strings.TrimSpace(c.URL), strings.TrimSpace(c.Token), strings.TrimSpace(c.Secret)
	c.MaxBytes = cmp.Or(c.MaxBytes, defaultMaxBytes)
	return c
}

// Validate names every variable that is wrong, with prefix, and what would be
// right. It never quotes a secret.
func (c Config) Validate(prefix string) error {
	c = c.trimmed()
	_, err := CheckURL(prefix+"URL", c.URL, "https://host/path", true)
	errs := []error{err, CheckSecret(prefix+"TOKEN", c.Token), CheckSecret(prefix+"SECRET", c.Secret)}
	if c.Secret != "" && len(c.Secret) < leastSecret {
		errs = append(errs, fmt.Errorf("%sSECRET: is too short to sign with, want at least %d characters", prefix, leastSecret))
	}
	least := leastMaxBytes
	if strings.TrimSpace(c.Template) != "" {
		least = leastTemplate
		if _, err := card.ParseForm(c.Template); err != nil {
			errs = append(errs, fmt.Errorf("%sTEMPLATE %w", prefix, err))
		}
	}
	if c.MaxBytes < least || c.MaxBytes > mostMaxBytes {
		errs = append(errs, fmt.Errorf("%sMAX_BYTES %d: must be between %d and %d", prefix, c.MaxBytes, least, mostMaxBytes))
	}
	return errors.Join(append(errs, CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, mostPerMinute))...)
}

// PerMinute is the pace to keep. No document limits a webhook of one's own; one
// a second is what no receiver takes for an attack.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, defaultPerMinute) }

// Host is what may be shown of the address.
func (c Config) Host() string { return HostOf(c.URL) }

// String shows the host alone.
func (c Config) String() string { return "webhook(" + c.Host() + ")" }

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

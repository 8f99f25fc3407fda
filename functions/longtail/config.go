//go:build shoutrrr

package longtail

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/format"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/matrix"

	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	example = "a service URL of shoutrrr such as discord://token@id or gotify://host/token"
	// perMinute suits the slowest of the services, Discord's webhooks with 30 a
	// minute, with room for messages that shoutrrr sends in pieces.
	perMinute = 20
	most      = 600
	// Most services take 2000 bytes in one message; see each service's page of
	// https://shoutrrr.nickfedor.com.
	defaultMaxBytes = 2000
	leastMaxBytes   = 1000
	mostMaxBytes    = 64 << 10
)

// Config is the environment of one service's address; the wiring puts a prefix
// before the names. Empty counts as unset.
type Config struct {
	// URL is a service URL of shoutrrr. Every part of it may be a credential,
	// the host too.
	URL string `env:"URL"`
	// MaxBytes bounds a message's text: stories are cut and digests split.
	MaxBytes int `env:"MAX_BYTES"`
	// MaxPerMinute is kept by whoever sends.
	MaxPerMinute int `env:"MAX_PER_MINUTE"`
}

func (c Config) trimmed() Config {
	c.URL, c.MaxBytes = strings.TrimSpace(c.URL), cmp.Or(c.MaxBytes, defaultMaxBytes)
	return c
}

// Validate names every variable that is wrong, with prefix, and what would be
// right. It never quotes the address.
func (c Config) Validate(prefix string) error {
	c = c.trimmed()
	errs := []error{webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, most)}
	if problem := c.problem(); problem != "" {
		errs = append(errs, fmt.Errorf("%sURL: %s, want %s", prefix, problem, example))
	}
	if c.MaxBytes < leastMaxBytes || c.MaxBytes > mostMaxBytes {
		errs = append(errs, fmt.Errorf("%sMAX_BYTES %d: must be between %d and %d", prefix, c.MaxBytes, leastMaxBytes, mostMaxBytes))
	}
	return errors.Join(errs...)
}

// problem is what is wrong with the address, in words of our own: shoutrrr's
// quote it.
func (c Config) problem() string {
	if c.URL == "" {
		return "is required"
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return "is not a URL (in passwords, signs other than letters and digits must be written as %XX)"
	}
	service, _, _ := strings.Cut(u.Scheme, "+")
	switch _, err := new(router.ServiceRouter).NewService(service); {
	case err != nil:
		return "begins with no service that shoutrrr knows"
	case service == "logger":
		return "would throw messages away: to print them, set CHANNEL to log"
	case service == "smtp":
		return "would let a server choose to be told in the clear: for e-mail, set CHANNEL to email"
	case unverified(u.Query()):
		return "must not turn off the check of certificates"
	case inTheClear(u) && !webhook.Inside(u.Hostname()):
		return "must not turn off TLS: its messages and secrets would pass in the clear"
	}
	if tryURL(u) != nil {
		return "is not complete, or has a wrong part, for " + service
	}
	return ""
}

// tryURL has shoutrrr read the address. Matrix would log in to do so.
func tryURL(u *url.URL) error {
	return safely(func() error {
		if u.Scheme == matrix.Scheme {
			return new(matrix.Config).SetURL(u)
		}
		_, err := new(router.ServiceRouter).Locate(u.String())
		return err
	})
}

// unverified says that the query has one of the services' switches against the
// check of certificates.
func unverified(q url.Values) bool {
	return has(q, "disabletlsverification", "yes") || has(q, "insecureskipverify", "yes") || has(q, "skiptlsverify", "yes")
}

// inTheClear says that the address asks for plain http.
func inTheClear(u *url.URL) bool {
	return strings.HasSuffix(u.Scheme, "+http") || has(u.Query(), "disabletls", "yes") || has(u.Query(), "scheme", "http")
}

// has looks for a key as shoutrrr does, whatever its case; yes is any of the
// words that shoutrrr takes for it.
func has(q url.Values, key, want string) bool {
	for k, values := range q {
		for _, v := range values {
			on, _ := format.ParseBool(strings.TrimSpace(v), false)
			if strings.EqualFold(k, key) && (strings.EqualFold(v, want) || want == "yes" && on) {
				return true
			}
		}
	}
	return false
}

// PerMinute is the pace to keep.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, perMinute) }

// Host is what may be shown of the address: the service alone, for some have a
// token where others have a host.
func (c Config) Host() string {
	u, err := url.Parse(strings.TrimSpace(c.URL))
	if err != nil {
		return ""
	}
	service, _, _ := strings.Cut(u.Scheme, "+")
	if _, err := new(router.ServiceRouter).NewService(service); err != nil {
		return ""
	}
	return service
}

// String shows the service alone.
func (c Config) String() string { return "shoutrrr(" + c.Host() + ")" }

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

package email

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

const (
	defaultPerMinute = 10
	maxPerMinute     = 60
	maxRecipients    = 50
	maxCredential    = 500
)

// Config says which server to use and whom to tell. Its text forms show the
// host alone.
type Config struct {
	// URL is smtp://host[:587] for STARTTLS or smtps://host[:465] for TLS from
	// the first byte on. It holds no user and no password.
	URL      string `env:"URL"`
	Username string `env:"USERNAME"`
	Password string `env:"PASSWORD"`
	// From and To are plain addresses, without names.
	From         string   `env:"FROM"`
	To           []string `env:"TO"`
	MaxPerMinute int      `env:"MAX_PER_MINUTE"`
}

// server is where a Config leads.
type server struct {
	host, port string
	implicit   bool // TLS from the first byte on
	loopback   bool
}

// address is what both RFC 5322 and every server take without quoting. It
// leaves out spaces, angle brackets and line ends, so that none can add a
// header or a command.
var address = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// isAddress keeps to RFC 5321, section 4.5.3.1: 64 bytes before the @, 255
// after it.
func isAddress(s string) bool {
	local, domain, _ := strings.Cut(s, "@")
	return len(local) <= 64 && len(domain) <= 253 && address.MatchString(s)
}

// Validate names every variable that is wrong, with prefix before it, and what
// would be right. It quotes neither the user nor the password.
func (c Config) Validate(prefix string) error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s%s: "+format, append([]any{prefix, name}, args...)...))
	}
	if _, err := c.server(); err != nil {
		bad("URL", "%w", err)
	}
	switch {
	case c.From == "":
		bad("FROM", "is required: the sender's address, such as edgebell@example.org")
	case !isAddress(c.From):
		bad("FROM", "%q is not a plain address such as edgebell@example.org", c.From)
	}
	to := c.recipients()
	if len(to) == 0 {
		bad("TO", "is required: addresses with commas between them")
	}
	if len(to) > maxRecipients {
		bad("TO", "%d addresses, at most %d are taken", len(to), maxRecipients)
	}
	for _, a := range to {
		if !isAddress(a) {
			bad("TO", "%q is not a plain address such as oncall@example.org", a)
		}
	}
	if (c.Username == "") != (c.Password == "") {
		bad("USERNAME", "and %sPASSWORD must be set both, or neither", prefix)
	}
	if len(c.Username) > maxCredential || len(c.Password) > maxCredential || strings.ContainsAny(c.Username+c.Password, "\x00\r\n") {
		bad("USERNAME", "and %sPASSWORD must be one line each of at most %d bytes", prefix, maxCredential)
	}
	return errors.Join(append(errs, webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, maxPerMinute))...)
}

func (c Config) recipients() []string {
	var out []string
	for _, a := range c.To {
		if a = strings.TrimSpace(a); a != "" && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func (c Config) server() (server, error) {
	const want = "want smtp://host[:587] or smtps://host[:465]"
	raw := strings.TrimSpace(c.URL)
	if raw == "" {
		return server{}, errors.New("is required: the mail server, " + want)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil: // the error quotes the address, which may hold a password
		return server{}, errors.New("is not a URL, " + want)
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return server{}, errors.New("has another scheme, " + want)
	case u.Hostname() == "":
		return server{}, errors.New("has no host, " + want)
	case u.User != nil:
		return server{}, errors.New("must not hold a user or a password: they have variables of their own, USERNAME and PASSWORD")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return server{}, errors.New("must end behind the port, " + want)
	}
	s := server{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps" || u.Port() == "465"}
	if s.port == "" {
		s.port = map[bool]string{false: "587", true: "465"}[s.implicit]
	}
	s.loopback = wire.Loopback(s.host)
	return s, nil
}

func (s server) address() string { return net.JoinHostPort(s.host, s.port) }

// PerMinute is how many messages may be sent in a minute.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, defaultPerMinute) }

// Host is the server, for a status page.
func (c Config) Host() string {
	s, err := c.server()
	if err != nil {
		return ""
	}
	return s.address()
}

// String shows what may be logged.
func (c Config) String() string {
	return fmt.Sprintf("email(host=%s auth=%t recipients=%d max_per_minute=%d)", c.Host(), c.Username != "", len(c.recipients()), c.PerMinute())
}

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

// MarshalJSON keeps a status page or a JSON log from showing the fields.
func (c Config) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", c.String()), nil }

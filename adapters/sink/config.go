package sink

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// The bounds of SINK_BATCH.
const (
	DefaultBatch = 100
	MaxBatch     = 1000
)

// Config says where events go.
type Config struct {
	// URL is where events are posted.
	URL string `env:"K_SINK"`
	// Token, when set, goes along as a bearer token.
	Token string `env:"SINK_TOKEN"`
	// Batch is how many events go in one request; with 1 each goes alone, in
	// structured mode. 0 is what an empty variable leaves and means the default.
	Batch int `env:"SINK_BATCH, default=100"`
}

// Validate fills in defaults and says all that is wrong, one line per variable.
func (c *Config) Validate() error {
	if c.Batch == 0 {
		c.Batch = DefaultBatch
	}
	var errs []error
	if err := checkURL(c.URL); err != nil {
		errs = append(errs, err)
	}
	if strings.ContainsFunc(c.Token, notInToken) {
		errs = append(errs, errors.New("SINK_TOKEN: must be printable ASCII without spaces or line breaks"))
	}
	if c.Batch < 1 || c.Batch > MaxBatch {
		errs = append(errs, fmt.Errorf("SINK_BATCH: must be 1 to %d, is %d", MaxBatch, c.Batch))
	}
	return errors.Join(errs...)
}

func notInToken(r rune) bool { return r <= ' ' || r > '~' }

// checkURL never repeats the value: it may hold a secret.
func checkURL(raw string) error {
	if raw == "" {
		return errors.New("K_SINK: must be the URL that takes the events, such as http://edgebell-notify:8080/")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("K_SINK: is not a URL; must be one such as http://edgebell-notify:8080/")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("K_SINK: must begin with http:// or https://")
	case u.Hostname() == "":
		return errors.New("K_SINK: names no host; must be a URL such as http://edgebell-notify:8080/")
	case u.User != nil:
		return errors.New("K_SINK: must not hold a user or a password; a secret goes into SINK_TOKEN")
	}
	return nil
}

package sink

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/edgebell/edgebell/adapters/token"
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
	// Token, when set, goes along as a bearer token; of two lines the first.
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
	if err := token.Check("SINK_TOKEN", c.Token); err != nil {
		errs = append(errs, err)
	}
	if c.Batch < 1 || c.Batch > MaxBatch {
		errs = append(errs, fmt.Errorf("SINK_BATCH: must be 1 to %d, is %d", MaxBatch, c.Batch))
	}
	return errors.Join(errs...)
}

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

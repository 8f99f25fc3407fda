package onward

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	example = "https://hub.example/ or http://broker-ingress.knative-eventing.svc.cluster.local/namespace/broker"
	// perMinute is for the link's sake: a sink has no readers to be spared.
	perMinute = 120
)

// Config is the sink's environment; the wiring puts a prefix before the names.
// Empty counts as unset.
type Config struct {
	// URL is where CloudEvents are posted; plain http within the cluster or the
	// local network only.
	URL string `env:"URL"`
	// Token is a bearer token, SINK_TOKEN of a hub.
	Token string `env:"TOKEN"`
	// Batch is how many stories go in one request; 1 for sinks that take no
	// batches, which are found out otherwise too.
	Batch        int `env:"BATCH"`
	MaxPerMinute int `env:"MAX_PER_MINUTE"`
}

// Validate names every variable that is wrong, with prefix, and what would be
// right.
func (c Config) Validate(prefix string) error {
	_, err := webhook.CheckURL(prefix+"URL", strings.TrimSpace(c.URL), example, true)
	err = errors.Join(err, webhook.CheckSecret(prefix+"TOKEN", strings.TrimSpace(c.Token)))
	if c.Batch < 0 || c.Batch > mostBatch {
		err = errors.Join(err, fmt.Errorf("%sBATCH %d: must be 1 to %d", prefix, c.Batch, mostBatch))
	}
	return errors.Join(err, webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, mostPerMinute))
}

const (
	mostPerMinute = 6000
	defaultBatch  = 100
	mostBatch     = 1000
)

// PerMinute is the pace to keep.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, perMinute) }

// Host is what may be shown of the address.
func (c Config) Host() string { return webhook.HostOf(c.URL) }

// String shows the host alone.
func (c Config) String() string { return "cloudevents(" + c.Host() + ")" }

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }

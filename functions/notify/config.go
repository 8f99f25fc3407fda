// Package notify is the function: CloudEvents come in at POST /, are counted
// in the ledger, and go out as cards through a Channel. The way in (Handle)
// never waits for the way out (Deliver), and neither trusts the wall clock.
//
// Begin with New; Handler serves the way in, Run drives the way out.
package notify

import (
	"errors"
	"fmt"
	"net"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/ledger"
)

// The values of CHANNEL.
const (
	ChannelFeishu = "feishu"
	ChannelLog    = "log"
)

// Config is the function's environment.
type Config struct {
	Cluster       string `env:"CLUSTER_NAME, default=kubernetes"`
	ListenAddress string `env:"LISTEN_ADDRESS, default=:8080"`
	// SinkToken, when set, is the bearer token that senders must bring.
	SinkToken    string `env:"SINK_TOKEN"`
	MaxBodyBytes int64  `env:"MAX_BODY_BYTES, default=8388608"`
	Filter       string `env:"FILTER, default=type=Warning"`
	Channel      string `env:"CHANNEL, default=feishu"`
	// DigestThreshold is how many due groups are still told one by one.
	DigestThreshold int  `env:"DIGEST_THRESHOLD, default=5"`
	DumpEvents      bool `env:"DUMP_EVENTS, default=false"`

	Ledger ledger.Config
	Card   card.Config
	Feishu feishu.Config

	filter alert.Filter
}

// Validate names every variable that is wrong and what would be right.
func (c *Config) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(c.ListenAddress); err != nil {
		errs = append(errs, fmt.Errorf("LISTEN_ADDRESS %q: must be host:port or :port", c.ListenAddress))
	}
	if c.MaxBodyBytes < 64<<10 {
		errs = append(errs, fmt.Errorf("MAX_BODY_BYTES %d: must be at least 65536; one Event alone may be over a megabyte", c.MaxBodyBytes))
	}
	if c.DigestThreshold < 1 {
		errs = append(errs, fmt.Errorf("DIGEST_THRESHOLD %d: must be at least 1", c.DigestThreshold))
	}
	var err error
	if c.filter, err = alert.ParseFilter(c.Filter); err != nil {
		errs = append(errs, fmt.Errorf("FILTER: %w", err))
	}
	errs = append(errs, c.Ledger.Validate(), c.Card.Validate())
	switch c.Channel {
	case ChannelFeishu:
		errs = append(errs, c.Feishu.Validate())
	case ChannelLog:
	default:
		errs = append(errs, fmt.Errorf("CHANNEL %q: must be %s or %s", c.Channel, ChannelFeishu, ChannelLog))
	}
	return errors.Join(errs...)
}

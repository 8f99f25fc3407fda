// Package notify is the function: CloudEvents come in at POST /, are counted
// in the ledger, and go out as cards through a Channel. The way in (Handle)
// never waits for the way out (Deliver), and neither trusts the wall clock.
//
// Begin with New; Handler serves the way in, Run drives the way out.
package notify

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/edgebell/edgebell/adapters/token"
	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
)

// Config is the function's environment.
type Config struct {
	Cluster       string `env:"CLUSTER_NAME, default=kubernetes"`
	ListenAddress string `env:"LISTEN_ADDRESS, default=:8080"`
	// SinkToken, when set, is the bearer token that senders must bring; there may
	// be two, the new one and, on a line below, the old one.
	SinkToken    string `env:"SINK_TOKEN"`
	MaxBodyBytes int64  `env:"MAX_BODY_BYTES, default=8388608"`
	// MaxConnections bounds those that are open; one for each sender that posts
	// at a time is enough, so a hub of many clusters wants more.
	MaxConnections int `env:"MAX_CONNECTIONS, default=128"`
	// DigestThreshold is how many due groups are still told one by one.
	DigestThreshold int `env:"DIGEST_THRESHOLD, default=5"`
	// FleetDigest is from how many clusters on the same trouble is told once
	// for all of them; 0 is never.
	FleetDigest int  `env:"FLEET_DIGEST, default=3"`
	DumpEvents  bool `env:"DUMP_EVENTS, default=false"`
	// Recovery, on or off, tells when trouble is over.
	Recovery string `env:"RECOVERY, default=on"`
	// Heartbeat is the time of day (TIMEZONE) of a daily sign of life.
	Heartbeat string `env:"HEARTBEAT"`
	// BudgetPerDay is how many bytes a day may cost; 0 is no bound.
	BudgetPerDay int64 `env:"DATA_BUDGET_PER_DAY, default=0"`
	// Page, on or off, serves the page at GET /.
	Page string `env:"PAGE, default=off"`

	// RepeatCritical and the others take the place of REPEAT_INTERVAL for
	// stories of that severity; 0 leaves it.
	RepeatCritical time.Duration `env:"REPEAT_INTERVAL_CRITICAL"`
	RepeatWarning  time.Duration `env:"REPEAT_INTERVAL_WARNING"`
	RepeatInfo     time.Duration `env:"REPEAT_INTERVAL_INFO"`

	// UpdateInterval is the least time between two changes of a message, on
	// channels that can change one in place.
	UpdateInterval time.Duration `env:"UPDATE_INTERVAL, default=1m"`

	Conditions alert.ConditionsConfig
	Ledger     ledger.Config
	Card       card.Config

	conditions alert.Conditions
	beatAt     time.Duration
	zone       *time.Location
}

// Validate names every variable that is wrong and what would be right.
func (c *Config) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(c.ListenAddress); err != nil {
		errs = append(errs, fmt.Errorf("LISTEN_ADDRESS %q: must be host:port or :port", c.ListenAddress))
	}
	if err := token.Check("SINK_TOKEN", c.SinkToken); err != nil {
		errs = append(errs, err)
	}
	if c.MaxBodyBytes < 64<<10 {
		errs = append(errs, fmt.Errorf("MAX_BODY_BYTES %d: must be at least 65536; one Event alone may be over a megabyte", c.MaxBodyBytes))
	}
	if c.MaxConnections != 0 && (c.MaxConnections < 8 || c.MaxConnections > 65536) {
		errs = append(errs, fmt.Errorf("MAX_CONNECTIONS %d: must be 8 to 65536", c.MaxConnections))
	}
	if c.DigestThreshold < 1 {
		errs = append(errs, fmt.Errorf("DIGEST_THRESHOLD %d: must be at least 1", c.DigestThreshold))
	}
	if c.FleetDigest < 0 || c.FleetDigest == 1 {
		errs = append(errs, fmt.Errorf("FLEET_DIGEST %d: must be at least 2 clusters, or 0 for never", c.FleetDigest))
	}
	if c.Recovery = cmp.Or(c.Recovery, recoveryOn); c.Recovery != recoveryOn && c.Recovery != recoveryOff {
		errs = append(errs, fmt.Errorf("RECOVERY %q: must be %s or %s", c.Recovery, recoveryOn, recoveryOff))
	}
	errs = append(errs, c.Ledger.Validate(), c.Card.Validate(), c.validateDaily(), c.validateConditions())
	return errors.Join(errs...)
}

// minBudget is worth some ten cards, each with its own TLS handshake.
const minBudget = 50_000

// validateDaily reads what goes by the day, and the page's switch.
func (c *Config) validateDaily() error {
	var errs []error
	var err error
	if c.beatAt, err = parseBeat(c.Heartbeat); err != nil {
		errs = append(errs, err)
	}
	// What TIMEZONE must be is for the cards to say.
	if c.zone, err = time.LoadLocation(cmp.Or(c.Card.Timezone, "Asia/Shanghai")); err != nil {
		c.zone = time.UTC
	}
	if c.BudgetPerDay != 0 && c.BudgetPerDay < minBudget {
		errs = append(errs, fmt.Errorf("DATA_BUDGET_PER_DAY %d: must be at least %d bytes, or 0 for none; a card on a new connection costs some 5000", c.BudgetPerDay, minBudget))
	}
	if c.Page = cmp.Or(c.Page, pageOff); c.Page != pageOn && c.Page != pageOff {
		errs = append(errs, fmt.Errorf("PAGE %q: must be %s or %s", c.Page, pageOn, pageOff))
	}
	return errors.Join(errs...)
}

// The values of switches.
const (
	recoveryOn  = "on"
	recoveryOff = "off"
	pageOn      = "on"
	pageOff     = "off"
)

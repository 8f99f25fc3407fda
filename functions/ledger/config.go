package ledger

import (
	"errors"
	"fmt"
	"time"
)

// Config is the ledger's part of the environment.
type Config struct {
	// Dir holds the ledger's one file.
	Dir string `env:"DATA_DIR, default=/var/lib/edgebell"`
	// MaxBytes is the size of that file, allocated at first start.
	MaxBytes int64 `env:"DATA_MAX_BYTES, default=16777216"`
	// EventTTL is the API server's --event-ttl; what was seen is remembered
	// twice as long.
	EventTTL time.Duration `env:"EVENT_TTL, default=1h"`
	// GroupWait is how long the first card of a story waits for more of it.
	GroupWait time.Duration `env:"GROUP_WAIT, default=5s"`
	// RepeatInterval is the least time between two cards of one story.
	RepeatInterval time.Duration `env:"REPEAT_INTERVAL, default=1h"`

	updates *updates // see UpdateEvery
}

const (
	// minBytes leaves room for a few stories and their marks.
	minBytes = 1 << 20
	maxTime  = 8760 * time.Hour
)

// Validate names every variable that is wrong and what would be right.
func (c *Config) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("DATA_DIR is empty: must be a writable directory"))
	}
	if c.MaxBytes < minBytes || c.MaxBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("DATA_MAX_BYTES %d: must be %d (1 MiB) to %d (1 GiB) bytes", c.MaxBytes, minBytes, 1<<30))
	}
	if c.EventTTL < time.Minute || c.EventTTL > maxTime {
		errs = append(errs, fmt.Errorf("EVENT_TTL %s: must be 1m to %s; it is the API server's --event-ttl", c.EventTTL, maxTime))
	}
	if c.GroupWait < 0 || c.GroupWait > time.Hour {
		errs = append(errs, fmt.Errorf("GROUP_WAIT %s: must be 0s to 1h", c.GroupWait))
	}
	if c.RepeatInterval < 0 || c.RepeatInterval > maxTime {
		errs = append(errs, fmt.Errorf("REPEAT_INTERVAL %s: must be 0s to %s", c.RepeatInterval, maxTime))
	}
	return errors.Join(errs...)
}

// RepeatInterval is the configured one.
func (l *Ledger) RepeatInterval() time.Duration { return l.cfg.RepeatInterval }

// GroupWait is the configured one.
func (l *Ledger) GroupWait() time.Duration { return l.cfg.GroupWait }

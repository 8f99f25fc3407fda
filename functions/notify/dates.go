package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/ledger"
)

// released is a time that is over: no process of this version runs before it.
// Set it anew with each release.
var released = time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC)

// datesKey is where the ledger keeps the last Date.
const datesKey = "~dates"

// keepEvery is how much newer a Date must be to be worth a write.
const keepEvery = 6 * time.Hour

// Dates knows that it is at least a certain time, for a machine whose wall
// clock may be years behind: a Raspberry Pi without a link starts where its
// last shutdown was, or in 1970. Certificates are checked against Now, so that
// verification never has to be turned off.
type Dates struct {
	ledger *ledger.Ledger
	wall   func() time.Time
	log    *slog.Logger

	mu   sync.Mutex
	last dateRow
}

// dateRow is a verified Date and the ledger's time at which it was right.
type dateRow struct {
	Date time.Time   `json:"d"`
	At   ledger.Time `json:"a"`
}

// NewDates reads what was learned before.
func NewDates(l *ledger.Ledger, wall func() time.Time, log *slog.Logger) (*Dates, error) {
	d := &Dates{ledger: l, wall: wall, log: log}
	if _, err := l.Source(datesKey, &d.last); err != nil {
		return nil, fmt.Errorf("read the last known date: %w", err)
	}
	return d, nil
}

// Now is the latest of the wall clock, the release, and the last verified Date
// plus what the ledger's clock has run since. It may be slow, hardly ever fast.
func (d *Dates) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.wall()
	if now.Before(released) {
		now = released
	}
	if known := d.last.Date.Add(d.ledger.Now().Sub(d.last.At)); !d.last.Date.IsZero() && now.Before(known) {
		now = known
	}
	return now
}

// Learn takes a Date whose sender was verified.
func (d *Dates) Learn(date time.Time) {
	d.mu.Lock()
	row := dateRow{Date: date, At: d.ledger.Now()}
	keep := date.Sub(d.last.Date) > keepEvery
	if keep {
		d.last = row
	}
	d.mu.Unlock()
	if !keep {
		return
	}
	if err := d.ledger.PutSource(context.Background(), datesKey, row, ledger.Lost{}); err != nil {
		d.log.Debug("date cannot be kept", "error", err)
	}
}

// AfterRelease is a wall clock that is never before the release, for where
// there is no ledger to remember a Date.
func AfterRelease(wall func() time.Time) func() time.Time {
	return func() time.Time {
		if now := wall(); now.After(released) {
			return now
		}
		return released
	}
}

// FarTime is WithTime's clock: that of the first far side that has shown it,
// and until then what known says, for which nobody vouches.
func FarTime(known func() time.Time, routes ...Route) func() (time.Time, bool) {
	return func() (time.Time, bool) {
		for _, r := range routes {
			c, ok := r.Channel.(Clocked)
			if !ok {
				continue
			}
			if offset, sure := c.Clock(); sure {
				return time.Now().Add(offset), true
			}
		}
		return known(), false
	}
}

package notify

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
)

// maxRepeat is that of REPEAT_INTERVAL.
const maxRepeat = 8760 * time.Hour

// validateConditions reads what decides which Events are told, and how often.
// It needs the zone.
func (c *Config) validateConditions() error {
	var err error
	c.conditions, err = alert.ParseConditions(c.Conditions, c.zone)
	errs := []error{err}
	if c.UpdateInterval = cmp.Or(c.UpdateInterval, defaultUpdate); c.UpdateInterval < leastUpdate || c.UpdateInterval > maxRepeat {
		errs = append(errs, fmt.Errorf("UPDATE_INTERVAL %s: must be %s to %s", c.UpdateInterval, leastUpdate, maxRepeat))
	}
	for name, d := range map[string]time.Duration{
		"REPEAT_INTERVAL_CRITICAL": c.RepeatCritical, "REPEAT_INTERVAL_WARNING": c.RepeatWarning, "REPEAT_INTERVAL_INFO": c.RepeatInfo,
	} {
		if d < 0 || d > maxRepeat {
			errs = append(errs, fmt.Errorf("%s %s: must be over 0s and at most %s, or empty for REPEAT_INTERVAL", name, d, maxRepeat))
		}
	}
	return errors.Join(errs...)
}

// repeat is the least time between two cards of a story of the severity; 0 is
// REPEAT_INTERVAL.
func (c *Config) repeat(severity string) time.Duration {
	switch severity {
	case alert.SeverityCritical:
		return c.RepeatCritical
	case alert.SeverityInfo:
		return c.RepeatInfo
	}
	return c.RepeatWarning
}

// graded is the Alert with its severity, which selectors may ask for.
func graded(a alert.Alert) alert.Alert {
	a.Severity = card.SeverityOf(a).String()
	return a
}

// classify says what an Alert means: it rings, it heals (a node that goes silent
// takes good news back), or both; false when it is ignored.
func (f *Function) classify(a alert.Alert) (ledger.Report, bool) {
	a = graded(a)
	now, sure := f.usage.now()
	v := f.cfg.conditions.Judge(a, now, sure)
	f.metrics.judged(v)
	r := ledger.Report{Alert: a, Rings: v.Rings}
	if v.Rings {
		r.MutedFor, r.Min = v.MutedFor, v.Min
		r.Routes, r.Repeat = takers(f.routes, a), f.cfg.repeat(a.Severity)
	}
	if f.cfg.Recovery != recoveryOff {
		r.Heals = a.Heals()
		return r, r.Rings || r.Heals != nil || a.NodeDown()
	}
	return r, r.Rings
}

// loud leaves out what a window of MUTE silences now, however long it has been
// due: what came before the window began, too, what an outage kept, and good
// news. muted says that something is left out.
func (d *deliverer) loud(groups []alert.Group) (out []alert.Group, muted bool) {
	now, sure := d.usage.now()
	for _, g := range groups {
		if v := d.conditions.Judge(graded(g.Newest), now, sure); v.MutedFor > 0 {
			muted = true
			continue
		}
		out = append(out, g)
	}
	return out, muted
}

// repeatOf is the least time between two cards of a story.
func (c *Config) repeatOf(severity string) time.Duration {
	return cmp.Or(c.repeat(severity), c.Ledger.RepeatInterval)
}

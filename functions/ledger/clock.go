package ledger

import (
	"encoding/binary"
	"time"
)

// Time is a reading of the ledger's own clock: how long the ledger has been
// open, added up over all restarts. A Raspberry Pi has no clock that runs
// without power, so nothing but what is shown may depend on wall time. This
// clock never jumps; it can only be slow, by the time that the ledger was
// closed or had not committed before a power cut.
type Time time.Duration

// After is the reading d later.
func (t Time) After(d time.Duration) Time { return t + Time(d) }

// Sub is the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

type clock struct {
	base    Time
	started time.Time // carries the monotonic reading
}

// startClock goes on from a stored reading.
func startClock(stored []byte) clock {
	var base Time
	if len(stored) == 8 {
		base = Time(binary.BigEndian.Uint64(stored))
	}
	return clock{base: base, started: time.Now()}
}

func (c clock) now() Time { return c.base.After(time.Since(c.started)) }

func (t Time) bytes() []byte { return binary.BigEndian.AppendUint64(nil, uint64(t)) }

// Now reads the ledger's clock.
func (l *Ledger) Now() Time { return l.clock.now() }

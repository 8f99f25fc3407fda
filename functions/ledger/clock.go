package ledger

import (
	"encoding/binary"
	"fmt"
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

// seconds is a ledger time as seen rows keep it.
func (t Time) seconds() uint32 { return uint32(time.Duration(t) / time.Second) }

func (t Time) bytes() []byte {
	return seal(keyClock, binary.BigEndian.AppendUint64(nil, uint64(t)))
}

type clock struct {
	base    Time
	started time.Time // carries the monotonic reading
}

// startClock goes on from a stored reading.
func startClock(stored []byte) (clock, error) {
	c := clock{started: time.Now()}
	if stored == nil {
		return c, nil
	}
	body, err := unseal(keyClock, stored)
	if err == nil && len(body) != 8 {
		err = errRow
	}
	if err != nil {
		return c, fmt.Errorf("read clock: %w", err)
	}
	c.base = Time(binary.BigEndian.Uint64(body))
	return c, nil
}

func (c clock) now() Time { return c.base.After(time.Since(c.started)) }

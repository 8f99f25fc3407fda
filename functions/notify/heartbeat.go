package notify

import (
	"fmt"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
)

// beatRow is the last heartbeat, and the counters as they stood then.
type beatRow struct {
	Day         string        `json:"d,omitempty"`
	At          ledger.Time   `json:"a,omitempty"`
	Cards       int64         `json:"c,omitempty"`
	Occurrences int64         `json:"o,omitempty"`
	Dropped     int64         `json:"l,omitempty"`
	Offline     time.Duration `json:"f,omitempty"`
	Sent        bool          `json:"s,omitempty"` // false where the count begins
	Sure        bool          `json:"u,omitempty"` // of the day
}

// beatApart is the least time between two heartbeats by the ledger's clock
// when nobody vouches for the wall clock.
const beatApart = 20 * time.Hour

// parseBeat reads HEARTBEAT, hours and minutes of the day; negative when empty.
func parseBeat(s string) (time.Duration, error) {
	if s == "" {
		return -1, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return -1, fmt.Errorf("HEARTBEAT %q: must be a time of day such as 09:00, or empty for none", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// untilBeat is how long until the next heartbeat as far as the clocks are
// known; zero when it is due. The clocks may be set right meanwhile, so look
// again every now and then.
func (u *usage) untilBeat() time.Duration {
	if u.beatAt < 0 {
		return idle
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.today()
	t, sure := u.now()
	t = t.In(u.zone)
	at := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, u.zone).Add(u.beatAt)
	day, now, b := t.Format(time.DateOnly), u.ledger.Now(), &u.row.Beat
	if b.Day == "" { // switched on just now: the first comes at its time
		u.row.Beat = u.mark(day, t.Before(at))
		u.keep()
	}
	passed := now.Sub(b.At)
	if b.Sent && !(sure && b.Sure) && passed < beatApart {
		return min(beatApart-passed, lookAgain)
	}
	if !laterDay(b.Day, day, sure, passed) {
		return lookAgain
	}
	// When a day was missed altogether it need not wait for its time.
	if t.Before(at) && passed < 24*time.Hour {
		return min(at.Sub(t), lookAgain)
	}
	return 0
}

const lookAgain = 5 * time.Minute

// mark is the row of a heartbeat now. With before, today's is still to come.
func (u *usage) mark(day string, before bool) beatRow {
	c := u.ledger.Counts()
	if before {
		day = "0" // earlier than any
	}
	return beatRow{Day: day, At: u.ledger.Now(), Cards: c.CardsSent, Occurrences: c.Occurrences, Dropped: sum(c.Dropped), Offline: u.row.Offline}
}

// beaten notes that the heartbeat was sent.
func (u *usage) beaten() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.today()
	t, sure := u.now()
	u.row.Beat = u.mark(t.In(u.zone).Format(time.DateOnly), false)
	u.row.Beat.Sent, u.row.Beat.Sure = true, sure
	u.keep()
}

// heartbeat is what there is to say today.
func (d *deliverer) heartbeat(sentAt time.Time) *card.Heartbeat {
	use, row := d.usage.read()
	c, stats := d.ledger.Counts(), d.ledger.Stats()
	h := &card.Heartbeat{
		SentAt: sentAt, Cards: c.CardsSent - row.Beat.Cards, Occurrences: c.Occurrences - row.Beat.Occurrences,
		Dropped: sum(c.Dropped) - row.Beat.Dropped, Offline: row.Offline - row.Beat.Offline,
		Groups: stats.Groups, Usage: use, Since: d.ledger.Now().Sub(row.Beat.At),
	}
	for _, r := range d.bulletin.routes {
		waiting, _ := d.ledger.Backlog(r.Name)
		h.Waiting += waiting
		if at, ok := d.ledger.NextDue(r.Name); ok {
			h.Oldest = max(h.Oldest, d.ledger.Now().Sub(at))
		}
		if o, ok := d.ledger.Offline(r.Name); ok && r != d {
			h.Broken = append(h.Broken, card.Broken{Route: r.Name, For: d.ledger.Now().Sub(o.At)})
		}
	}
	return h
}

func sum(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

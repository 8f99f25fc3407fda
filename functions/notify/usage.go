package notify

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
)

// usageKey is where the ledger keeps what the days have cost.
const usageKey = "~usage"

// usageRow is what is remembered of days across restarts.
type usageRow struct {
	Day      string      `json:"d,omitempty"` // in TIMEZONE, 2026-11-24
	DayAt    ledger.Time `json:"a,omitempty"` // when it began here
	DayBytes int64       `json:"b,omitempty"`
	Month    string      `json:"m,omitempty"` // 2026-11
	Bytes    int64       `json:"n,omitempty"` // in the month
	// Withheld: the routes on which the budget holds alerts back today; Told:
	// those where a card has said so. Yesterday: those where what was held back
	// the day before is still to be told.
	Withheld  routeSet      `json:"wr,omitempty"`
	Told      routeSet      `json:"tr,omitempty"`
	Yesterday routeSet      `json:"yr,omitempty"`
	Offline   time.Duration `json:"o,omitempty"` // added up
	Beat      beatRow       `json:"h,omitzero"`
}

// usage counts bytes per day and month, and keeps the daily heartbeat. A day
// is a date of TIMEZONE; with a wall clock that nobody vouches for, it ends
// when the date goes forward or after 24 h by the ledger's clock.
type usage struct {
	ledger *ledger.Ledger
	budget int64
	zone   *time.Location
	beatAt time.Duration // of the day; negative: no heartbeat
	now    func() (t time.Time, sure bool)
	log    *slog.Logger

	mu    sync.Mutex
	row   usageRow
	kept  int64 // of row.Bytes, what is on disk
	ready bool
}

// keepBytes is how much may be lost in a power cut: a write for each card would
// wear out the disk.
func (u *usage) keepBytes() int64 {
	if u.budget == 0 {
		return 64 << 10
	}
	return max(u.budget/20, 4<<10)
}

// time is what time it is, and whether somebody vouches for it.
func (u *usage) time() (time.Time, bool) {
	u.mu.Lock()
	now := u.now
	u.mu.Unlock()
	return now()
}

// open reads the row once. It needs u.mu, as all below does.
func (u *usage) open() {
	if u.ready {
		return
	}
	u.ready = true
	if _, err := u.ledger.Source(usageKey, &u.row); err != nil {
		u.log.Warn("what was sent today cannot be read: it counts from zero", "error", err)
	}
	u.kept = u.row.Bytes
}

// today rolls the day and the month.
func (u *usage) today() {
	u.open()
	t, sure := u.now()
	day := t.In(u.zone).Format(time.DateOnly)
	r, now := &u.row, u.ledger.Now()
	if r.Day != "" && !laterDay(r.Day, day, sure, now.Sub(r.DayAt)) {
		return
	}
	if month := day[:7]; month > r.Month || sure {
		if month != r.Month {
			r.Month, r.Bytes, u.kept = month, 0, 0
		}
	}
	r.Yesterday = r.Yesterday.with(r.Withheld)
	r.Day, r.DayAt, r.DayBytes, r.Withheld, r.Told = day, now, 0, "", ""
}

// routeSet are names of routes, each with a comma after it.
type routeSet string

func (s routeSet) has(route string) bool {
	return slices.Contains(strings.Split(string(s), ","), route)
}

func (s routeSet) with(more routeSet) routeSet {
	for route := range strings.SplitSeq(string(more), ",") {
		if route != "" && !s.has(route) {
			s += routeSet(route + ",")
		}
	}
	return s
}

func (s routeSet) without(route string) (out routeSet) {
	for r := range strings.SplitSeq(string(s), ",") {
		if r != "" && r != route {
			out += routeSet(r + ",")
		}
	}
	return out
}

// laterDay says whether a day is over. An unsure clock may have been set back
// to where the last shutdown was, or to 1970.
func laterDay(was, is string, sure bool, passed time.Duration) bool {
	if sure {
		return is != was
	}
	return is > was || passed >= 24*time.Hour
}

// add counts what a try has cost.
func (u *usage) add(r Receipt) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.today()
	n, before := r.BytesOut+r.BytesIn, u.stateNow()
	u.row.DayBytes += n
	u.row.Bytes += n
	if now := u.stateNow(); now != before {
		u.log.Warn("data budget: "+budgetLog[now], "today", u.row.DayBytes, "budget", u.budget)
		u.keep()
	} else if u.row.Bytes-u.kept >= u.keepBytes() {
		u.keep()
	}
}

var budgetLog = map[string]string{
	BudgetSoft: "80 % used, all but critical alerts come in digests",
	BudgetHard: "used up, critical alerts only until tomorrow",
}

// keep writes the row.
func (u *usage) keep() {
	if err := u.ledger.PutSource(context.Background(), usageKey, u.row, ledger.Lost{}); err != nil {
		u.log.Debug("what was sent today cannot be kept", "error", err)
		return
	}
	u.kept = u.row.Bytes
}

// close keeps what was counted since the last write.
func (u *usage) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ready && u.row.Bytes != u.kept {
		u.keep()
	}
}

// wasOffline adds up outages.
func (u *usage) wasOffline(d time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open()
	u.row.Offline += d
	u.keep()
}

// The states of the budget.
const (
	BudgetOff  = "off"
	BudgetOpen = "open"
	BudgetSoft = "soft" // over 80 %: digests, and what is critical
	BudgetHard = "hard" // used up: only what is critical
)

func (u *usage) state() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.today()
	return u.stateNow()
}

// stateNow is the state by today's bytes.
func (u *usage) stateNow() string {
	switch {
	case u.budget == 0:
		return BudgetOff
	case u.row.DayBytes >= u.budget:
		return BudgetHard
	case u.row.DayBytes >= u.budget-u.budget/5:
		return BudgetSoft
	}
	return BudgetOpen
}

func (u *usage) read() (card.Usage, usageRow) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.today()
	return card.Usage{Day: u.row.DayBytes, Month: u.row.Bytes, Budget: u.budget}, u.row
}

// change alters the row and writes it if that made a difference.
func (u *usage) change(f func(*usageRow)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.today()
	before := u.row
	if f(&u.row); u.row != before {
		u.keep()
	}
}

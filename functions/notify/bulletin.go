package notify

import (
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/ledger"
)

// bulletin is what Edgebell says of itself, once for all routes: notices and
// the daily heartbeat. The first route that works tells it, in the order of
// ROUTES, the default last; one that has not sent anything yet counts as
// working. While none works, each of them tries in its own time.
type bulletin struct {
	ledger *ledger.Ledger
	usage  *usage
	routes []*deliverer

	mu          sync.Mutex
	teller      *deliverer // whose message is on its way
	noticedLast time.Time
}

// mine says that d is the route to tell it on now.
func (b *bulletin) mine(d *deliverer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mineNow(d)
}

func (b *bulletin) mineNow(d *deliverer) bool {
	if b.teller != nil {
		return b.teller == d
	}
	for _, r := range b.routes {
		if r == d {
			return true
		}
		if r.link.works() {
			return false
		}
	}
	return false
}

// claim makes d the teller until release; false when another route is.
func (b *bulletin) claim(d *deliverer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.mineNow(d) {
		return false
	}
	b.teller = d
	return true
}

// release ends what claim began, and has the others look again where they may
// be the teller now.
func (b *bulletin) release(d *deliverer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	works, told := d.link.works(), b.teller == d
	if told {
		b.teller = nil
	}
	if works == d.worked && !told {
		return
	}
	d.worked = works
	for _, r := range b.routes {
		if r != d {
			r.look()
		}
	}
}

// due says that d has something of it to tell now.
func (b *bulletin) due(d *deliverer) bool {
	return b.mine(d) && (b.noticeDue() || b.usage.untilBeat() == 0)
}

// noticeDue lets notices wait for a story to carry them, but not for ever and
// not often.
func (b *bulletin) noticeDue() bool {
	if b.ledger.Notices().Empty() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.noticedLast.IsZero() || time.Since(b.noticedLast) > b.ledger.RepeatInterval()
}

// until is how long until d has a heartbeat to tell.
func (b *bulletin) until(d *deliverer) time.Duration {
	if !b.mine(d) {
		return idle
	}
	return b.usage.untilBeat()
}

// notices are those that d tells now.
func (b *bulletin) notices(d *deliverer) (n ledger.Notices) {
	if n := b.ledger.Notices(); !n.Empty() && b.claim(d) {
		return n
	}
	return n
}

// beat says that d tells the heartbeat now.
func (b *bulletin) beat(d *deliverer) bool {
	return b.usage.untilBeat() == 0 && b.claim(d)
}

// noticed notes that notices were told.
func (b *bulletin) noticed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noticedLast = time.Now()
}

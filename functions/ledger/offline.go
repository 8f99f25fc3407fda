package ledger

import (
	"context"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// Offline is an outage of a route, kept across restarts.
type Offline struct {
	Since time.Time `json:"w,omitzero"` // wall time, only shown
	At    Time      `json:"t"`
	// First is what could not be told first: as it was set, or else the first
	// Alert counted after At.
	First *FirstEvent `json:"f,omitempty"`
}

// FirstEvent names the first event of an outage.
type FirstEvent struct {
	Namespace string    `json:"n,omitempty"`
	Kind      string    `json:"k,omitempty"`
	Name      string    `json:"o,omitempty"`
	Reason    string    `json:"r,omitempty"`
	Last      time.Time `json:"l,omitzero"`
}

// firstEventOf is a as the first event of an outage.
func firstEventOf(a alert.Alert) *FirstEvent {
	return &FirstEvent{Namespace: a.Namespace, Kind: a.Kind, Name: a.Name, Reason: a.Reason, Last: storable(a.Last)}
}

// SetOffline keeps the begin of a route's outage. One that is known already
// stays, and costs no write. Delivered ends it.
func (l *Ledger) SetOffline(ctx context.Context, route string, o Offline) error {
	if _, ok := l.Offline(route); ok {
		return nil
	}
	o.Since = storable(o.Since)
	return l.do(change(ctx, func(t *transaction) error {
		if t.state.offline == nil {
			t.state.offline = map[string]Offline{}
		}
		t.state.offline[route], t.changed = o, true
		return nil
	}))
}

// Offline reads a route's outage; false when there is none.
func (l *Ledger) Offline(route string) (Offline, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, ok := l.state.offline[route]
	return o, ok
}

func (t *transaction) endOutage(route string) {
	if _, ok := t.state.offline[route]; ok {
		delete(t.state.offline, route)
		t.changed = true
	}
}

// firstOfOutage notes the first that a route in an outage has to tell.
func (t *transaction) firstOfOutage(row *groupRow, a alert.Alert) {
	for route, o := range t.state.offline {
		if o.First == nil && row.Routes[route].Due != 0 {
			o.First = firstEventOf(a)
			t.state.offline[route] = o
		}
	}
}

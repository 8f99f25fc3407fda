package notify

import (
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
)

// Route is one way out: which Alerts go out on it, and the Channel that tells
// them.
type Route struct {
	// Name is one of ROUTES, or alert.DefaultRoute.
	Name string
	// Match says which Alerts it takes. The default route takes what no other
	// has, whatever it says.
	Match alert.Filter
	// Continue lets the routes after it take what it took, too.
	Continue bool

	Channel   Channel
	Kind      string // of the Channel: feishu, slack, …
	Target    string // its far side's host: the rest of an address is a credential
	PerMinute int    // messages at most
	// Far is the same for routes to the same far side, which counts the messages
	// of all of them; empty where it is not known. It is neither shown nor logged.
	Far string

	// What a diagnosis speaks of: how the variables of the route begin, whether
	// its secret and its keyword are set, and the form and language of cards.
	Prefix        string
	Signed, Keyed bool
	Card          card.Config
}

// offset is how far the far side's clock is ahead of this one, as far as it is
// known.
func (r *Route) offset() time.Duration {
	if c, ok := r.Channel.(Clocked); ok {
		offset, _ := c.Clock()
		return offset
	}
	return 0
}

// TakesAll says that nothing gets past the route.
func (r *Route) TakesAll() bool { return r.Match.String() == alert.Everything().String() }

// takers are the routes on which an Alert goes out: the first that takes it,
// and those that follow as long as each of them says continue. The default
// route takes what no other has.
func takers(routes []Route, a alert.Alert) []string {
	var out []string
	for i := range routes {
		r := &routes[i]
		if r.Name == alert.DefaultRoute {
			continue
		}
		if r.Match.Match(a) {
			if out = append(out, r.Name); !r.Continue {
				return out
			}
		}
	}
	if len(out) == 0 && hasDefault(routes) {
		out = append(out, alert.DefaultRoute)
	}
	return out
}

func hasDefault(routes []Route) bool {
	return len(routes) > 0 && routes[len(routes)-1].Name == alert.DefaultRoute
}

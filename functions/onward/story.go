package onward

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
	"github.com/edgebell/edgebell/functions/notify"
)

// The reasons of what Edgebell says of itself. They are about the object
// Cluster/<name>, so that a receiver can tell them apart by kind.
const (
	kindCluster     = "Cluster"
	reasonLost      = "EventsLost"
	reasonBudget    = "DataBudget"
	reasonHeartbeat = "Heartbeat"
	reasonTest      = "Test"
	component       = "edgebell"
)

// stories are the CloudEvents of all that is to be told. What Edgebell says of
// itself comes first and is one: a sink that takes single events gets one part
// at a time, and with the first of them notices count as told.
func (c *channel) stories(o notify.Outgoing) ([]told, error) {
	var out []told
	add := func(group int, cluster, id string, s wire.Story) error {
		ce, err := wire.FromStory(cluster, id, s)
		if err != nil {
			return err
		}
		raw, err := encode(ce)
		out = append(out, told{raw, group})
		return err
	}
	if s, ok := c.own(o); ok {
		if err := add(-1, c.cluster, s.Fingerprint, s); err != nil {
			return nil, err
		}
	}
	for i, g := range o.Groups {
		s := storyOf(g, o.Route)
		if err := add(i, cmp.Or(g.Newest.Cluster, c.cluster), idOf(g, o.Route, s), s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// storyOf is what is new of a group on a route.
func storyOf(g alert.Group, route string) wire.Story {
	a := g.Newest
	s := wire.Story{
		Fingerprint: g.Fingerprint.String(), State: wire.StoryFiring, Severity: card.SeverityOf(a).String(),
		Count: max(g.Undelivered(route), 0), Total: g.Total, First: g.First, Last: g.Last,
		Type: a.Type, Reason: a.Reason, Namespace: a.Namespace, Kind: a.Kind, Name: a.Name,
		Writer: a.EventNamespace, Component: a.Component, Node: a.Node, Message: a.Message,
	}
	if g.State == alert.Recovered {
		s.State, s.Recovered = wire.StoryRecovered, g.Healed()
	}
	for _, o := range g.Objects {
		s.Objects = append(s.Objects, o.Name)
	}
	return s
}

// idOf is the same for the same news, however much, and however old, comes
// meanwhile.
func idOf(g alert.Group, route string, s wire.Story) string {
	return fmt.Sprintf("%s.%d.%d.%s", s.Fingerprint, g.Instance(), g.Delivered[route], s.State)
}

// own is what Edgebell has to say about itself; false when there is nothing.
func (c *channel) own(o notify.Outgoing) (wire.Story, bool) {
	s := wire.Story{
		State: wire.StoryFiring, Count: 1, Total: 1, First: o.SentAt, Last: o.SentAt,
		Kind: kindCluster, Name: c.cluster, Component: component,
	}
	switch lost := lostOf(o.Notices); {
	case o.Test:
		s.Type, s.Reason, s.Message = "Normal", reasonTest, "a test message"
	case o.Heartbeat != nil:
		s.Type, s.Reason, s.Message = "Normal", reasonHeartbeat, "alive"
	case lost != "":
		s.Type, s.Reason, s.Message = "Warning", reasonLost, lost
	case o.Budget != nil:
		s.Type, s.Reason, s.Message = "Warning", reasonBudget, fmt.Sprintf("DATA_BUDGET_PER_DAY holds %d stories back", o.Budget.Withheld)
	default:
		return s, false
	}
	sum := sha256.Sum256([]byte(s.Reason + s.Message + s.Last.UTC().Format(time.DateOnly)))
	s.Fingerprint = hex.EncodeToString(sum[:16])
	return s, true
}

func lostOf(n ledger.Notices) string {
	var out []string
	for _, why := range slices.Sorted(maps.Keys(n.Dropped)) {
		out = append(out, fmt.Sprintf("%d occurrences were not kept: %s", n.Dropped[why], why))
	}
	for _, gap := range n.Gaps {
		out = append(out, fmt.Sprintf("events from %s to %s may be missing: %s", stamp(gap.From), stamp(gap.To), gap.Why))
	}
	if n.MoreGaps > 0 {
		out = append(out, fmt.Sprintf("events may be missing of %d further times", n.MoreGaps))
	}
	return strings.Join(out, "; ")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.UTC().Format(time.RFC3339)
}

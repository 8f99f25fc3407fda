package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// settled is how long a story that another function tells as over must stay
// quiet here: that one has waited already.
const settled = time.Second

// storyReports are what a story of another function's says: how much came anew,
// and whether it is over. The same news again add nothing, as those of an Event
// would not: what they are counted by is their id, which stands for one state
// of what the other function had told before.
func (f *Function) storyReports(ce *event.Event, s wire.Story) []ledger.Report {
	news := strings.TrimSuffix(ce.ID(), "."+s.State)
	a := f.timely(alert.Alert{
		Cluster: wire.Cluster(ce.Source()), Component: s.Component, Count: s.Count, First: s.First, Last: s.Last,
		Namespace: s.Namespace, Kind: s.Kind, Name: s.Name, Type: s.Type, Reason: s.Reason, Node: s.Node, Message: s.Message,
		EventNamespace: s.Writer, EventName: "story-" + news, EventUID: news,
	}.Bounded())
	var out []ledger.Report
	if s.Count > 0 {
		if r, ok := f.classify(a); ok {
			out = append(out, r)
		}
	}
	if s.State != wire.StoryRecovered || f.cfg.Recovery == recoveryOff {
		return out
	}
	names := s.Objects
	if !slices.Contains(names, s.Name) {
		names = append(names, s.Name)
	}
	for _, name := range names[max(len(names)-alert.MaxObjects-1, 0):] {
		well := a
		well.Type, well.Name, well.Count = "Normal", name, 1
		if !s.Recovered.IsZero() {
			well.Last = s.Recovered
		}
		out = append(out, ledger.Report{Alert: f.timely(well.Bounded()), Heals: alert.Healing{a.Reason: settled}})
	}
	return out
}

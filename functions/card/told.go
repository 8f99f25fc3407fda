package card

import (
	"slices"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// Told is one story as data. Its strings are cleaned and bounded, and
// untrusted all the same.
type Told struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`    // firing or recovered
	Severity  string    `json:"severity"` // critical, warning or info
	Cluster   string    `json:"cluster"`
	Namespace string    `json:"namespace,omitempty"`
	Kind      string    `json:"kind"`
	Name      string    `json:"name"` // with * for what controllers generate
	Node      string    `json:"node,omitempty"`
	Reason    string    `json:"reason"`
	Type      string    `json:"type"`
	Component string    `json:"component,omitempty"`
	Writer    string    `json:"writer,omitempty"`  // namespace that says so, where it has no say over the object
	Message   string    `json:"message,omitempty"` // the newest; cut
	Count     int64     `json:"count"`
	New       int64     `json:"new"` // of these, not told before on this route
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`
	// Objects are the objects touched, the latest first; MoreObjects counts
	// the sightings of others. Both are empty when Name says all.
	Objects     []ToldObject `json:"objects,omitempty"`
	MoreObjects int64        `json:"moreObjects,omitempty"`
}

// ToldObject is one object of a story.
type ToldObject struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// told is a story with its message as it is shown, and those told with it.
func (r *Renderer) told(s Story, message string) []Told {
	out := []Told{r.tell(s.Group, s.Route, message)}
	g := s.Group
	if len(g.Objects) == 1 && g.MoreObjects == 0 && g.Objects[0].Name == g.Newest.Name {
		g.Objects = nil
	}
	for _, o := range slices.Backward(g.Objects) {
		out[0].Objects = append(out[0].Objects, ToldObject{line(o.Name, maxName), o.Count})
	}
	out[0].MoreObjects = g.MoreObjects
	for _, related := range s.Related {
		out = append(out, r.tell(related, s.Route, shortMessage(related)))
	}
	return out
}

func (r *Renderer) tell(g alert.Group, route, message string) Told {
	a, writer := g.Newest, ""
	if a.Foreign() {
		writer = line(a.Writer(), maxField)
	}
	return Told{
		ID: g.ShortID(route), State: string(g.State), Severity: severityNow(g).String(),
		Cluster: cmpLine(a.Cluster, r.cluster), Namespace: line(a.Namespace, maxField),
		Kind: line(a.Kind, maxField), Name: line(nameOf(g), maxName), Node: line(a.Node, maxName),
		Reason: line(a.Reason, maxField), Type: line(a.Type, maxField), Component: line(a.Component, maxField),
		Writer: writer, Message: message, Count: g.Total, New: g.Undelivered(route), First: g.First, Last: g.Last,
	}
}

// shortMessage is a message's beginning, on one line.
func shortMessage(g alert.Group) string {
	message := cleanLine(truncate(g.Newest.Message, maxMessage))
	return ellipsis(strings.TrimPrefix(message, combined), rowMessage)
}

// data adds the stories that a part names.
func (p *pages) data(v *View, start, end int, last bool) {
	if len(p.r.forms) == 0 {
		return
	}
	for _, i := range p.order[start:end] {
		g := p.d.Groups[i]
		v.Stories = append(v.Stories, p.r.tell(g, p.d.Route, shortMessage(g)))
	}
	if last {
		v.More = len(p.order) - p.named
	}
}

package alert

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Fingerprint identifies a story: all Alerts with the same one are one group.
type Fingerprint [16]byte

// String is the fingerprint in hex.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// Fingerprint is a hash of cluster, namespace, kind, folded name, type, reason
// and component. The message is left out: it carries counters, durations and
// generated names. That a node does not answer is one story, whether the node
// controller says so or the kubelet itself, once it is back. What a namespace's
// writers say of another's object is a story apart.
func (a Alert) Fingerprint() Fingerprint {
	if a.NodeDown() {
		a.Component = ""
	}
	fields := []string{a.Cluster, a.Namespace, a.Kind, a.FoldedName(), a.Type, a.Reason, a.Component}
	if a.Foreign() {
		fields = append(fields, a.Writer())
	}
	return hashFields(fields...)
}

// hashFields hashes length-prefixed fields, so that no two lists of fields
// look alike.
func hashFields(fields ...string) Fingerprint {
	h := sha256.New()
	var n [4]byte
	for _, f := range fields {
		binary.BigEndian.PutUint32(n[:], uint32(len(f)))
		h.Write(n[:])
		h.Write([]byte(f))
	}
	return Fingerprint(h.Sum(nil)[:16])
}

// State of a group.
type State string

// The states of a group.
const (
	Firing    State = "firing"
	Recovered State = "recovered"
)

// DefaultRoute is the one route until others are named.
const DefaultRoute = "default"

// MaxObjects is how many objects a group lists by name; further ones are
// counted only.
const MaxObjects = 20

// Object is one object that a group's Alerts were about.
type Object struct {
	Name  string    `json:"o"`
	Count int64     `json:"x"` // occurrences counted on it
	Last  time.Time `json:"l,omitzero"`
	// Healed is the time of the latest good news of it; Well says that no
	// trouble came after them.
	Healed time.Time `json:"h,omitzero"`
	Well   bool      `json:"w,omitempty"`
}

// Group is one story as the ledger keeps it and a card tells it. The
// fingerprint is the key of its row and not part of its JSON.
type Group struct {
	Fingerprint Fingerprint `json:"-"`
	// Newest is the Alert with the latest Last, whose message is shown.
	Newest Alert `json:"n"`
	// Folded is the name that all objects of the group share, with * for what
	// controllers generate.
	Folded string `json:"f,omitempty"`
	// Began tells this story from an earlier one with the same fingerprint: some
	// number that stays until the story is forgotten, which First does not; 0 where
	// none was given.
	Began int64 `json:"b,omitempty"`
	// First and Last are the earliest and latest times of occurrence, by the
	// reporters' clocks; zero when no Event brought one.
	First time.Time `json:"a,omitzero"`
	Last  time.Time `json:"z,omitzero"`
	// Total is the number of occurrences.
	Total int64 `json:"x"`
	// Objects are the objects touched, most recent last, at most MaxObjects;
	// MoreObjects counts the sightings of objects that no longer fitted.
	Objects     []Object `json:"o,omitempty"`
	MoreObjects int64    `json:"y,omitempty"`
	State       State    `json:"s"`
	// Overflow marks a group that takes in many stories of a namespace (or
	// cluster, when the namespace is *) that found no room of their own.
	Overflow bool `json:"v,omitempty"`
	// Clusters is how many clusters' stories the group stands for, where it is
	// one that was put together to be told; 0 otherwise.
	Clusters int `json:"-"`
	// Delivered is, per route, the Total that the last delivered card showed.
	Delivered map[string]int64 `json:"d,omitempty"`
	// Refs are, per route, the messages that told the group, where the far side
	// gave them a name. They are not part of its JSON.
	Refs map[string]Ref `json:"-"`
	// Routes are those on which the group is told. They are not part of its
	// JSON.
	Routes []string `json:"-"`
}

// Ref names a message on the far side, for channels that change it in place.
type Ref struct {
	ID string
	// SentAt is when the message was first sent, by the far side's clock. Far
	// sides refuse to change old messages.
	SentAt time.Time
}

// Ref is the message that told the group on a route; its zero value when there
// is none to change.
func (g Group) Ref(route string) Ref { return g.Refs[route] }

// Instance is Began, or the time of First where the story is older than Began
// is known.
func (g Group) Instance() int64 {
	if g.Began != 0 {
		return g.Began
	}
	return g.First.Unix()
}

// Undelivered is how many occurrences a route has not shown yet.
func (g Group) Undelivered(route string) int64 { return g.Total - g.Delivered[route] }

// ShortID is eight hex digits that stand on the card: a hash of the group, of
// what the route had delivered before and of whether it is over, so a card sent
// again because its answer was lost carries the same id.
func (g Group) ShortID(route string) string {
	h := sha256.New()
	h.Write(g.Fingerprint[:])
	h.Write([]byte(route))
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(g.Delivered[route]))
	h.Write(n[:])
	if g.State == Recovered {
		h.Write([]byte(Recovered))
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// Package alert holds the domain of the function: the Alert (one occurrence of
// trouble, born from one Event), its fingerprint with folded names, the Group
// (one story) and the filter. It does no I/O and reads no clock.
//
// Begin with FromEvent.
package alert

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Bounds of what is kept of one Event, in bytes. Kubernetes holds names to 253
// and reasons to 128; a message of core/v1 has no bound, so one Event may
// bring megabytes.
const (
	MaxMessageBytes = 2048
	maxNameBytes    = 253
	maxFieldBytes   = 128
)

// Alert is what the function keeps of one Kubernetes Event. Its JSON is what
// the ledger writes, so the names are short: bytes wear out an SD card.
type Alert struct {
	Cluster   string `json:"c,omitempty"` // name of the cluster, from the CloudEvent's source
	Namespace string `json:"n,omitempty"` // of the involved object; empty when cluster-scoped
	Kind      string `json:"k,omitempty"`
	Name      string `json:"o,omitempty"`
	Type      string `json:"t,omitempty"` // Normal or Warning
	Reason    string `json:"r,omitempty"`
	Component string `json:"p,omitempty"` // who reported it, e.g. kubelet
	Node      string `json:"h,omitempty"` // where it was reported, or the node it is about
	Message   string `json:"m,omitempty"` // cut to MaxMessageBytes
	// MessageBytes is the length of the message before it was cut.
	MessageBytes int `json:"b,omitempty"`

	// EventNamespace, EventName and EventUID name the Event object itself.
	EventNamespace string `json:"en,omitempty"`
	EventName      string `json:"e,omitempty"`
	EventUID       string `json:"u,omitempty"`

	Count int64     `json:"x,omitempty"` // how often the Event has happened, at least 1
	First time.Time `json:"f,omitzero"`  // when first seen, by the reporter's clock; may be zero
	Last  time.Time `json:"l,omitzero"`  // when last seen, by the reporter's clock; may be zero
}

// Seen is what FromEvent needs besides the Event and what the contract says of
// it (kubeevent.Count, FirstSeen, LastSeen, Component).
type Seen struct {
	Cluster     string
	Component   string
	Count       int64
	First, Last time.Time
}

// FromEvent makes the Alert of an Event. Every string is bounded, so that no
// sender decides how much is kept.
func FromEvent(ev *corev1.Event, seen Seen) Alert {
	obj := ev.InvolvedObject
	a := Alert{
		Cluster:        cut(seen.Cluster, maxNameBytes),
		Namespace:      cut(obj.Namespace, maxFieldBytes),
		Kind:           cut(obj.Kind, maxFieldBytes),
		Name:           cut(obj.Name, maxNameBytes),
		Type:           cut(ev.Type, maxFieldBytes),
		Reason:         cut(ev.Reason, maxFieldBytes),
		Component:      cut(seen.Component, maxFieldBytes),
		Node:           cut(ev.Source.Host, maxNameBytes),
		Message:        cut(ev.Message, MaxMessageBytes),
		MessageBytes:   len(ev.Message),
		EventNamespace: cut(ev.Namespace, maxFieldBytes),
		EventName:      cut(ev.Name, maxNameBytes),
		EventUID:       cut(string(ev.UID), maxFieldBytes),
		Count:          max(seen.Count, 1),
		First:          seen.First,
		Last:           seen.Last,
	}
	if a.Node == "" && a.Kind == "Node" {
		a.Node = a.Name
	}
	return a
}

// NodeDown says that the Alert tells of a node that does not answer. Kubernetes
// says so in a Normal Event.
func (a Alert) NodeDown() bool { return a.Kind == "Node" && a.Reason == "NodeNotReady" }

// cut shortens s to at most n bytes without breaking a character, and makes it
// valid UTF-8. The copy lets go of the request's memory.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return strings.Clone(s)
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return strings.Clone(s[:n])
}

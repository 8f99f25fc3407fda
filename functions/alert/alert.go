// Package alert holds the domain of the function: the Alert (one occurrence of
// trouble, born from one Event), its fingerprint with folded names, the Group
// (one story), the filter and the conditions of telling. It does no I/O and reads no clock.
//
// Begin with Alert.Bounded.
package alert

import (
	"strings"
	"time"
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

	// Revision is the Event's resourceVersion, which orders the Events of one
	// cluster whatever their clocks say; 0 when it is not known. The ledger does
	// not keep it.
	Revision uint64 `json:"-"`

	// Severity is one of the Severity constants, for selectors. The function
	// sets it at intake and the ledger does not keep it, for it follows from
	// the rest by rules that may change with a release.
	Severity string `json:"-"`
}

// The severities.
const (
	SeverityCritical = "critical"
	SeverityWarning  = "warning"
	SeverityInfo     = "info"
)

var severities = []string{SeverityCritical, SeverityWarning, SeverityInfo}

// Bounded is a as the function keeps it: every string is cut, so that no sender
// decides how much is kept, and what follows from the rest is filled in.
func (a Alert) Bounded() Alert {
	a.MessageBytes = len(a.Message)
	a.Message = cut(a.Message, MaxMessageBytes)
	for _, s := range []*string{&a.Cluster, &a.Name, &a.Node, &a.EventName} {
		*s = cut(*s, maxNameBytes)
	}
	for _, s := range []*string{&a.Namespace, &a.Kind, &a.Type, &a.Reason, &a.Component, &a.EventNamespace, &a.EventUID} {
		*s = cut(*s, maxFieldBytes)
	}
	if a.Node == "" && a.Kind == "Node" {
		a.Node = a.Name
	}
	a.Count = max(a.Count, 1)
	return a
}

// NodeDown says that the Alert tells of a node that does not answer, and that
// its writer may say so. Kubernetes says so in a Normal Event.
func (a Alert) NodeDown() bool {
	return a.Kind == "Node" && a.Reason == "NodeNotReady" && !a.Foreign()
}

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

package alert

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Seen is what the contract says of an Event.
type Seen struct {
	Cluster     string
	Component   string
	Count       int64
	First, Last time.Time
}

// FromEvent makes the Alert of an Event.
func FromEvent(ev *corev1.Event, seen Seen) Alert {
	return Alert{
		Cluster: seen.Cluster, Component: seen.Component, Count: seen.Count, First: seen.First, Last: seen.Last,
		Namespace: ev.InvolvedObject.Namespace, Kind: ev.InvolvedObject.Kind, Name: ev.InvolvedObject.Name,
		Type: ev.Type, Reason: ev.Reason, Node: ev.Source.Host, Message: ev.Message,
		EventNamespace: ev.Namespace, EventName: ev.Name, EventUID: string(ev.UID),
	}.Bounded()
}

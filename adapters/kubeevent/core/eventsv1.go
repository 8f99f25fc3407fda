package core

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// EventsV1 has the fields of an Event of events.k8s.io/v1
// (k8s.io/api/events/v1/types.go), which is the same object under other names.
type EventsV1 struct {
	metav1.TypeMeta
	metav1.ObjectMeta        `json:"metadata"`
	EventTime                metav1.MicroTime `json:"eventTime"`
	Series                   *EventSeries     `json:"series,omitempty"`
	ReportingController      string           `json:"reportingController,omitempty"`
	ReportingInstance        string           `json:"reportingInstance,omitempty"`
	Action                   string           `json:"action,omitempty"`
	Reason                   string           `json:"reason,omitempty"`
	Regarding                ObjectReference  `json:"regarding"`
	Related                  *ObjectReference `json:"related,omitempty"`
	Note                     string           `json:"note,omitempty"`
	Type                     string           `json:"type,omitempty"`
	DeprecatedSource         EventSource      `json:"deprecatedSource"`
	DeprecatedFirstTimestamp metav1.Time      `json:"deprecatedFirstTimestamp"`
	DeprecatedLastTimestamp  metav1.Time      `json:"deprecatedLastTimestamp"`
	DeprecatedCount          int32            `json:"deprecatedCount,omitempty"`
}

// Core is the Event under the names of core/v1, as the API server gives it when
// the same object is read in the other group
// (k8s.io/kubernetes/pkg/apis/events/v1/conversion.go). Nothing is lost.
func (e *EventsV1) Core() *Event {
	return &Event{
		TypeMeta:            metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta:          e.ObjectMeta,
		InvolvedObject:      e.Regarding,
		Reason:              e.Reason,
		Message:             e.Note,
		Source:              e.DeprecatedSource,
		FirstTimestamp:      e.DeprecatedFirstTimestamp,
		LastTimestamp:       e.DeprecatedLastTimestamp,
		Count:               e.DeprecatedCount,
		Type:                e.Type,
		EventTime:           e.EventTime,
		Series:              e.Series,
		Action:              e.Action,
		Related:             e.Related,
		ReportingController: e.ReportingController,
		ReportingInstance:   e.ReportingInstance,
	}
}

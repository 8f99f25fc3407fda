package auditwebhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
)

// Why an entry was dropped.
const (
	// dropMalformed: the body or the entry cannot be read.
	dropMalformed = "malformed"
	// dropTruncated: the API server cut the object out, as the entry was over
	// its --audit-webhook-truncate-max-event-size.
	dropTruncated = "truncated"
	// dropNoObject: the audit policy does not say RequestResponse for Events.
	dropNoObject = "no_object"
	// dropUnsupported: an Event in a version that is not known here.
	dropUnsupported = "unsupported"
	// dropTooLarge: the body is over AUDIT_MAX_BODY_BYTES.
	dropTooLarge = "too_large"
	// dropNotRepeated: answered with 503 and never sent again.
	dropNotRepeated = "not_repeated"
)

// eventList is the part of an audit.k8s.io/v1 EventList that is read.
type eventList struct {
	Kind       string            `json:"kind"`
	APIVersion string            `json:"apiVersion"`
	Items      []json.RawMessage `json:"items"`
}

// entry is the part of an audit entry that is read. requestObject is not among
// it: it is whatever the client sent (a patch, a JSON array, an object that was
// refused) and looks deceptively like an Event.
type entry struct {
	Stage      string `json:"stage"`
	Verb       string `json:"verb"`
	RequestURI string `json:"requestURI"`
	ObjectRef  struct {
		Resource    string `json:"resource"`
		APIGroup    string `json:"apiGroup"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	ResponseObject json.RawMessage   `json:"responseObject"`
	Annotations    map[string]string `json:"annotations"`
}

// parcel is what one request carries.
type parcel struct {
	events  []event.Event
	entries int
	dropped map[string]uint64
	// why is the first reason for a drop, for the log.
	why error
}

func (p *parcel) drop(reason string, err error) {
	if p.dropped == nil {
		p.dropped = map[string]uint64{}
	}
	p.dropped[reason]++
	if p.why == nil {
		p.why = err
	}
}

// errNotAudit is a body that is JSON but comes from another kind of sender.
var errNotAudit = errors.New("body is not an audit.k8s.io/v1 EventList: only an API server's audit webhook may post here")

// decode reads a request's body. A broken entry costs only itself; a body that
// cannot be read at all is one drop. Both would be as broken the next time.
func decode(cluster string, body []byte) (parcel, error) {
	var p parcel
	var list eventList
	if err := json.Unmarshal(body, &list); err != nil {
		p.drop(dropMalformed, fmt.Errorf("read EventList: %w", err))
		return p, nil
	}
	if list.Kind != "EventList" || list.APIVersion != "audit.k8s.io/v1" {
		return p, errNotAudit
	}
	p.entries = len(list.Items)
	maker := core.NewMaker(cluster, wire.OriginAudit)
	for i, raw := range list.Items {
		if reason, err := p.add(maker, raw); err != nil {
			p.drop(reason, fmt.Errorf("items[%d]: %w", i, err))
		}
	}
	return p, nil
}

// add takes in one entry; most are none of ours and no error either.
func (p *parcel) add(maker *core.Maker, raw json.RawMessage) (reason string, err error) {
	var e entry
	if err := json.Unmarshal(raw, &e); err != nil {
		return dropMalformed, fmt.Errorf("read entry: %w", err)
	}
	if !e.isWrite() {
		return "", nil
	}
	ev, reason, err := e.object()
	if ev == nil || err != nil {
		return reason, err
	}
	ce, err := maker.Make(ev)
	if err != nil {
		return dropMalformed, err
	}
	p.events = append(p.events, ce)
	return "", nil
}

// isWrite says whether the entry is of a finished write that took place.
func (e *entry) isWrite() bool {
	switch {
	case e.Stage != "ResponseComplete",
		e.ResponseStatus.Code != 200 && e.ResponseStatus.Code != 201,
		e.Verb != "create" && e.Verb != "update" && e.Verb != "patch",
		e.ObjectRef.Subresource != "":
		return false
	}
	return !dryRun(e.RequestURI)
}

// dryRun: such a write is answered like a real one, 201 and all; only its URI
// tells.
func dryRun(uri string) bool {
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return strings.Contains(uri, "dryRun")
	}
	return u.Query().Has("dryRun")
}

// object is the Event as it was stored, nil when the write was of something
// else.
func (e *entry) object() (*core.Event, string, error) {
	if len(e.ResponseObject) == 0 || string(e.ResponseObject) == "null" {
		return e.missing()
	}
	var head struct {
		Kind       string `json:"kind"`
		APIVersion string `json:"apiVersion"`
	}
	if err := json.Unmarshal(e.ResponseObject, &head); err != nil {
		return nil, dropMalformed, fmt.Errorf("read responseObject: %w", err)
	}
	switch {
	case head.Kind != "Event":
		return nil, "", nil
	case head.APIVersion == "v1":
		ev := new(core.Event)
		if err := json.Unmarshal(e.ResponseObject, ev); err != nil {
			return nil, dropMalformed, fmt.Errorf("read Event: %w", err)
		}
		return ev, "", nil
	case head.APIVersion == "events.k8s.io/v1":
		ev := new(core.EventsV1)
		if err := json.Unmarshal(e.ResponseObject, ev); err != nil {
			return nil, dropMalformed, fmt.Errorf("read events.k8s.io/v1 Event: %w", err)
		}
		return ev.Core(), "", nil
	case strings.HasPrefix(head.APIVersion, "events.k8s.io/"):
		return nil, dropUnsupported, fmt.Errorf("apiVersion %.40q of an Event: must be v1 or events.k8s.io/v1", head.APIVersion)
	}
	return nil, "", nil // another group's Event
}

// missing: a write of an Event whose object was left out is an Event lost.
func (e *entry) missing() (*core.Event, string, error) {
	ref := e.ObjectRef
	if ref.Resource != "events" || (ref.APIGroup != "" && ref.APIGroup != "events.k8s.io") {
		return nil, "", nil
	}
	if e.Annotations["audit.k8s.io/truncated"] == "true" {
		return nil, dropTruncated, errors.New("the API server truncated the entry")
	}
	return nil, dropNoObject, errors.New("the entry has no responseObject: the audit policy must say RequestResponse for Events")
}

package apiservertest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var events = schema.GroupResource{Resource: "events"}

// query is a request with its selector understood.
type query struct {
	Request
	rv       uint64
	initial  bool // sendInitialEvents
	selector fields.Selector
}

// route finds the namespace in the path; ok is false for other paths.
func route(r *http.Request) (namespace string, ok bool) {
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "/")
	if path == "events" {
		return "", true
	}
	parts := strings.Split(path, "/")
	if len(parts) == 3 && parts[0] == "namespaces" && parts[2] == "events" {
		return parts[1], true
	}
	return "", false
}

func parse(r *http.Request, namespace string) (query, error) {
	v := r.URL.Query()
	q := query{Request: Request{
		Verb: "list", Namespace: namespace,
		ResourceVersion: v.Get("resourceVersion"), Continue: v.Get("continue"),
		FieldSelector: v.Get("fieldSelector"), Accept: r.Header.Get("Accept"),
		Bookmarks: truth(v.Get("allowWatchBookmarks")),
	}}
	if truth(v.Get("watch")) {
		q.Verb = "watch"
	}
	q.initial = truth(v.Get("sendInitialEvents"))
	for name, into := range map[string]*int64{"limit": &q.Limit, "timeoutSeconds": &q.TimeoutSeconds} {
		if v.Get(name) == "" {
			continue
		}
		n, err := strconv.ParseInt(v.Get(name), 10, 64)
		if err != nil {
			return q, apierrors.NewBadRequest(fmt.Sprintf("%s: %v", name, err))
		}
		*into = n
	}
	if q.ResourceVersion != "" {
		rv, err := strconv.ParseUint(q.ResourceVersion, 10, 64)
		if err != nil {
			return q, apierrors.NewBadRequest(fmt.Sprintf("resourceVersion: Invalid value: %q", q.ResourceVersion))
		}
		q.rv = rv
	}
	return q, q.parseSelector()
}

func truth(s string) bool { return s == "true" || s == "1" }

func (q *query) parseSelector() error {
	sel, err := fields.ParseSelector(q.FieldSelector)
	if err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	known := fieldSet(&corev1.Event{})
	for _, req := range sel.Requirements() {
		if !known.Has(req.Field) {
			return apierrors.NewBadRequest("field label not supported: " + req.Field)
		}
	}
	q.selector = sel
	return nil
}

// matches says whether an Event belongs to the answer; nil never does.
func (q *query) matches(ev *corev1.Event) bool {
	if ev == nil || (q.Namespace != "" && ev.Namespace != q.Namespace) {
		return false
	}
	return q.selector.Empty() || q.selector.Matches(fieldSet(ev))
}

// fieldSet is what the API server selects Events by.
func fieldSet(ev *corev1.Event) fields.Set {
	component := ev.Source.Component
	if component == "" {
		component = ev.ReportingController
	}
	return fields.Set{
		"metadata.name":                  ev.Name,
		"metadata.namespace":             ev.Namespace,
		"involvedObject.kind":            ev.InvolvedObject.Kind,
		"involvedObject.namespace":       ev.InvolvedObject.Namespace,
		"involvedObject.name":            ev.InvolvedObject.Name,
		"involvedObject.uid":             string(ev.InvolvedObject.UID),
		"involvedObject.apiVersion":      ev.InvolvedObject.APIVersion,
		"involvedObject.resourceVersion": ev.InvolvedObject.ResourceVersion,
		"involvedObject.fieldPath":       ev.InvolvedObject.FieldPath,
		"reason":                         ev.Reason,
		"reportingComponent":             ev.ReportingController,
		"source":                         component,
		"type":                           ev.Type,
	}
}

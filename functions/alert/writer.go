package alert

// Writer is the namespace that answers for the Alert: that of the Event itself,
// whatever object it names. With an eventTime set, the API server lets who may
// write Events in one namespace name objects in any other
// (k8s.io/kubernetes, pkg/apis/core/validation, legacyValidateEvent); without
// one both must agree. It is empty for cluster-scoped objects: recorders write
// of them in default, and the API server takes them there and in kube-system
// alone. An Event without a namespace, which only a sender other than the API
// server brings, is taken for its object's.
func (a Alert) Writer() string {
	switch {
	case a.EventNamespace == "":
		return a.Namespace
	case a.Namespace == "" && (a.EventNamespace == "default" || a.EventNamespace == "kube-system"):
		return ""
	}
	return a.EventNamespace
}

// Foreign says that the writer need not have any say over the object: the Event
// lies in another namespace, or names a node inside a namespace, where none is.
// It is told, and its writer named, as a story of its own: it neither adds to
// what others say of the object nor ends it.
func (a Alert) Foreign() bool {
	return a.Writer() != a.Namespace || a.Kind == "Node" && a.Namespace != ""
}

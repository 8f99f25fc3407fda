package check

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The kinds of Knative that the overlays use, with the fields that its API
// documents. A Service is checked against the schema of its CRD as well;
// Eventing's own schemas are not to be had as a Go module, and for Broker it
// declares none, so for its kinds these types are the check.

type knativeService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Template struct {
			metav1.ObjectMeta `json:"metadata"`
			Spec              revision `json:"spec"`
		} `json:"template"`
		Traffic []map[string]any `json:"traffic,omitempty"`
	} `json:"spec"`
}

type revision struct {
	corev1.PodSpec              `json:",inline"`
	ContainerConcurrency        *int64 `json:"containerConcurrency,omitempty"`
	TimeoutSeconds              *int64 `json:"timeoutSeconds,omitempty"`
	ResponseStartTimeoutSeconds *int64 `json:"responseStartTimeoutSeconds,omitempty"`
	IdleTimeoutSeconds          *int64 `json:"idleTimeoutSeconds,omitempty"`
}

type destination struct {
	Ref *struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Namespace  string `json:"namespace,omitempty"`
		Name       string `json:"name"`
	} `json:"ref,omitempty"`
	URI     string `json:"uri,omitempty"`
	CACerts string `json:"CACerts,omitempty"`
}

type delivery struct {
	DeadLetterSink *destination `json:"deadLetterSink,omitempty"`
	Retry          *int32       `json:"retry,omitempty"`
	BackoffPolicy  string       `json:"backoffPolicy,omitempty"`
	BackoffDelay   string       `json:"backoffDelay,omitempty"`
	Timeout        string       `json:"timeout,omitempty"`
	RetryAfterMax  string       `json:"retryAfterMax,omitempty"`
}

type broker struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Config   *corev1.ObjectReference `json:"config,omitempty"`
		Delivery *delivery               `json:"delivery,omitempty"`
	} `json:"spec"`
}

type triggerFilter struct {
	All    []triggerFilter   `json:"all,omitempty"`
	Any    []triggerFilter   `json:"any,omitempty"`
	Not    *triggerFilter    `json:"not,omitempty"`
	Exact  map[string]string `json:"exact,omitempty"`
	Prefix map[string]string `json:"prefix,omitempty"`
	Suffix map[string]string `json:"suffix,omitempty"`
	CESQL  string            `json:"cesql,omitempty"`
}

type trigger struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Broker string `json:"broker"`
		Filter *struct {
			Attributes map[string]string `json:"attributes,omitempty"`
		} `json:"filter,omitempty"`
		Filters    []triggerFilter `json:"filters,omitempty"`
		Subscriber destination     `json:"subscriber"`
		Delivery   *delivery       `json:"delivery,omitempty"`
	} `json:"spec"`
}

type sinkBinding struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Subject struct {
			APIVersion string                `json:"apiVersion"`
			Kind       string                `json:"kind"`
			Namespace  string                `json:"namespace,omitempty"`
			Name       string                `json:"name,omitempty"`
			Selector   *metav1.LabelSelector `json:"selector,omitempty"`
		} `json:"subject"`
		Sink        destination `json:"sink"`
		CEOverrides *struct {
			Extensions map[string]string `json:"extensions,omitempty"`
		} `json:"ceOverrides,omitempty"`
	} `json:"spec"`
}

func addKnative(s *runtime.Scheme) error {
	s.AddKnownTypeWithName(schema.GroupVersionKind{Group: "serving.knative.dev", Version: "v1", Kind: "Service"}, &knativeService{})
	eventing := schema.GroupVersion{Group: "eventing.knative.dev", Version: "v1"}
	s.AddKnownTypeWithName(eventing.WithKind("Broker"), &broker{})
	s.AddKnownTypeWithName(eventing.WithKind("Trigger"), &trigger{})
	s.AddKnownTypeWithName(schema.GroupVersionKind{Group: "sources.knative.dev", Version: "v1", Kind: "SinkBinding"}, &sinkBinding{})
	return nil
}

func (s *knativeService) DeepCopyObject() runtime.Object { return copied(s, &knativeService{}) }
func (b *broker) DeepCopyObject() runtime.Object         { return copied(b, &broker{}) }
func (t *trigger) DeepCopyObject() runtime.Object        { return copied(t, &trigger{}) }
func (b *sinkBinding) DeepCopyObject() runtime.Object    { return copied(b, &sinkBinding{}) }

func copied[T runtime.Object](from, to T) runtime.Object {
	raw, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(raw, to)
	}
	if err != nil {
		panic(err) // plain structs: cannot fail
	}
	return to
}

// eventing finds what only Knative's own webhook would refuse.
func (s set) eventing() []Problem {
	var found []Problem
	for _, o := range s.objects {
		switch t := o.Typed.(type) {
		case *trigger:
			if t.Spec.Broker == "" || s.find("Broker", o.Namespace, t.Spec.Broker) == nil {
				found = append(found, Problem{o.String(), "spec.broker " + t.Spec.Broker + ": no such Broker"})
			}
			found = append(found, s.destination(o, "spec.subscriber", t.Spec.Subscriber)...)
			if d := t.Spec.Delivery; d != nil && d.BackoffPolicy != "linear" && d.BackoffPolicy != "exponential" {
				found = append(found, Problem{o.String(), "spec.delivery.backoffPolicy " + d.BackoffPolicy + ": must be linear or exponential"})
			}
		case *sinkBinding:
			if s.find(t.Spec.Subject.Kind, o.Namespace, t.Spec.Subject.Name) == nil {
				found = append(found, Problem{o.String(), "spec.subject: no such " + t.Spec.Subject.Kind})
			}
			found = append(found, s.destination(o, "spec.sink", t.Spec.Sink)...)
		}
	}
	return found
}

func (s set) destination(o Object, field string, d destination) []Problem {
	switch {
	case d.Ref == nil && d.URI == "":
		return []Problem{{o.String(), field + ": neither ref nor uri"}}
	case d.Ref != nil && s.find(d.Ref.Kind, o.Namespace, d.Ref.Name) == nil:
		return []Problem{{o.String(), field + ": no such " + d.Ref.Kind + " " + d.Ref.Name}}
	}
	return nil
}

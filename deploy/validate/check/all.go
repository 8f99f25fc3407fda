package check

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Against is what manifests are compared with. What is left empty is not
// checked.
type Against struct {
	Kubernetes []*Schemas           // each object of a Kubernetes kind must be known to all
	CRDs       *Schemas             // and those of other kinds, where there is a schema
	Code       map[string]Variables // by program
}

// All runs every check over one rendering.
func All(manifests []byte, against Against) []Problem {
	objects, found := Read(manifests)
	for _, o := range objects {
		found = append(found, against.schemas(o)...)
	}
	s := newSet(objects)
	found = append(found, s.unique()...)
	found = append(found, s.rules()...)
	found = append(found, s.together()...)
	found = append(found, s.eventing()...)
	found = append(found, s.security()...)
	if against.Code != nil {
		found = append(found, s.environment(against.Code)...)
	}
	return found
}

func (a Against) schemas(o Object) []Problem {
	var found []Problem
	if a.CRDs != nil {
		problems, known := a.CRDs.Check(o)
		found = append(found, problems...)
		if known {
			return found
		}
	}
	if !ofKubernetes(o.GroupVersionKind) {
		return found
	}
	for _, version := range a.Kubernetes {
		problems, known := version.Check(o)
		if !known {
			problems = []Problem{{o.String(), version.Version + " does not have " + o.GroupVersionKind.String()}}
		}
		found = append(found, problems...)
	}
	return found
}

// Foreign are the groups whose kinds Kubernetes itself does not have.
var foreign = []string{"serving.knative.dev", "eventing.knative.dev", "sources.knative.dev", "monitoring.coreos.com"}

func ofKubernetes(gvk schema.GroupVersionKind) bool { return !slices.Contains(foreign, gvk.Group) }

// Kinds are those of the objects, each once.
func Kinds(objects []Object) []schema.GroupVersionKind {
	set := map[schema.GroupVersionKind]bool{}
	for _, o := range objects {
		set[o.GroupVersionKind] = true
	}
	return slices.Collect(maps.Keys(set))
}

func (s set) unique() []Problem {
	seen := map[string]bool{}
	var found []Problem
	for _, o := range s.objects {
		key := o.Group + "/" + o.String()
		if seen[key] {
			found = append(found, Problem{o.String(), "stands there twice"})
		}
		seen[key] = true
	}
	return found
}

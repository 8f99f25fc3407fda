// Package check finds what is wrong in rendered manifests before a cluster
// does: unknown fields, schema errors in any supported Kubernetes version, Pod
// Security, names, and above all what does not fit together (selectors, ports,
// references, environment variables). It needs no cluster. Begin with Read,
// then All.
package check

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
)

// Object is one document of a manifest.
type Object struct {
	schema.GroupVersionKind
	Namespace, Name string
	Raw             []byte // as JSON
	Typed           runtime.Object
}

func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + "/" + o.Name
	}
	return o.Kind + "/" + o.Namespace + "/" + o.Name
}

// Problem is one thing that is wrong.
type Problem struct {
	Object string
	What   string
}

func (p Problem) String() string { return p.Object + ": " + p.What }

var codecs = newCodecs()

func newCodecs() serializer.CodecFactory {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, rbacv1.AddToScheme, networkingv1.AddToScheme,
		schedulingv1.AddToScheme, monitoringv1.AddToScheme, addKnative,
	} {
		if err := add(s); err != nil {
			panic(err) // two types under one name: a mistake in this file
		}
	}
	return serializer.NewCodecFactory(s, serializer.EnableStrict)
}

// Read splits and decodes manifests, strictly: duplicate keys, unknown fields
// and unknown kinds are problems.
func Read(manifests []byte) ([]Object, []Problem) {
	var (
		objects  []Object
		problems []Problem
	)
	docs := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifests)))
	for i := 1; ; i++ {
		doc, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return objects, problems
		}
		if err != nil {
			return objects, append(problems, Problem{fmt.Sprintf("document %d", i), err.Error()})
		}
		if len(bytes.TrimSpace(doc)) == 0 || onlyComments(doc) {
			continue
		}
		o, found := decode(doc, fmt.Sprintf("document %d", i))
		problems = append(problems, found...)
		if o != nil {
			objects = append(objects, *o)
		}
	}
}

func decode(doc []byte, where string) (*Object, []Problem) {
	raw, err := yaml.YAMLToJSONStrict(doc)
	if err != nil {
		return nil, []Problem{{where, err.Error()}}
	}
	typed, gvk, err := codecs.UniversalDeserializer().Decode(raw, nil, nil)
	if gvk == nil {
		return nil, []Problem{{where, err.Error()}}
	}
	o := &Object{GroupVersionKind: *gvk, Raw: raw, Typed: typed}
	var named metav1.PartialObjectMetadata
	if yaml.Unmarshal(raw, &named) == nil {
		o.Namespace, o.Name = named.Namespace, named.Name
	}
	if err != nil {
		if !runtime.IsStrictDecodingError(err) {
			o.Typed = nil
		}
		return o, []Problem{{o.String(), err.Error()}}
	}
	if m, err := meta.Accessor(typed); err == nil && m.GetCreationTimestamp() != (metav1.Time{}) {
		return o, []Problem{{o.String(), "metadata.creationTimestamp is set"}}
	}
	return o, nil
}

func onlyComments(doc []byte) bool {
	for line := range bytes.Lines(doc) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

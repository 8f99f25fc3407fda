package check

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// Schemas are the schemas of one Kubernetes version, made strict: a field that
// is not declared is an error.
type Schemas struct {
	Version string
	kinds   map[schema.GroupVersionKind]*jsonschema.Schema
}

// Swagger reads the kinds wanted from a swagger.json as Kubernetes publishes it.
func Swagger(version, file string, wanted []schema.GroupVersionKind) (*Schemas, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read schemas: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read schemas: %w", err)
	}
	root, _ := doc.(map[string]any)
	definitions, _ := root["definitions"].(map[string]any)
	if len(definitions) == 0 {
		return nil, fmt.Errorf("read schemas: %s has no definitions", file)
	}
	named := map[schema.GroupVersionKind]string{}
	for name, d := range definitions {
		d := d.(map[string]any)
		for _, gvk := range kindsOf(d) {
			named[gvk] = name
		}
		definitions[name] = strict(name, d)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	if err := c.AddResource("swagger.json", map[string]any{"definitions": definitions}); err != nil {
		return nil, fmt.Errorf("add schemas: %w", err)
	}
	s := &Schemas{Version: version, kinds: map[schema.GroupVersionKind]*jsonschema.Schema{}}
	for _, gvk := range wanted {
		if name, ok := named[gvk]; ok {
			if s.kinds[gvk], err = c.Compile("swagger.json#/definitions/" + name); err != nil {
				return nil, fmt.Errorf("compile schema of %s: %w", gvk, err)
			}
		}
	}
	return s, nil
}

// CRDs reads the schemas out of CustomResourceDefinitions.
func CRDs(version string, files ...string) (*Schemas, error) {
	s := &Schemas{Version: version, kinds: map[schema.GroupVersionKind]*jsonschema.Schema{}}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read CRD: %w", err)
		}
		if err := s.add(file, raw); err != nil {
			return nil, fmt.Errorf("read CRD %s: %w", file, err)
		}
	}
	return s, nil
}

func (s *Schemas) add(file string, raw []byte) error {
	var crd struct {
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(raw, &crd); err != nil {
		return err
	}
	for _, v := range crd.Spec.Versions {
		gvk := schema.GroupVersionKind{Group: crd.Spec.Group, Version: v.Name, Kind: crd.Spec.Names.Kind}
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft4)
		name := file + "#" + v.Name
		root := strict("", v.Schema.OpenAPIV3Schema).(map[string]any)
		// A CRD says "metadata is an object"; the API server knows the rest.
		root["properties"].(map[string]any)["metadata"] = map[string]any{"type": "object"}
		name = strings.ReplaceAll(name, "#", "-")
		if err := c.AddResource(name, normal(root)); err != nil {
			return err
		}
		var err error
		if s.kinds[gvk], err = c.Compile(name); err != nil {
			return err
		}
	}
	return nil
}

// Check validates one object. known tells whether there was a schema for it.
func (s *Schemas) Check(o Object) (found []Problem, known bool) {
	compiled, known := s.kinds[o.GroupVersionKind]
	if !known {
		return nil, false
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(o.Raw))
	if err != nil {
		return []Problem{{o.String(), err.Error()}}, true
	}
	var bad *jsonschema.ValidationError
	if errors.As(compiled.Validate(value), &bad) {
		for _, what := range leaves(bad) {
			found = append(found, Problem{o.String(), s.Version + ": " + what})
		}
	}
	return found, true
}

func leaves(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		text := e.Error()
		return []string{text[strings.LastIndex(text, "\n")+1:]}
	}
	var all []string
	for _, c := range e.Causes {
		all = append(all, leaves(c)...)
	}
	sort.Strings(all)
	return all
}

// strict closes every object that names its properties, and gives the two
// types that JSON Schema cannot say (a number or a string) their meaning.
func strict(name string, node any) any {
	m, ok := node.(map[string]any)
	if !ok {
		if list, ok := node.([]any); ok {
			for i := range list {
				list[i] = strict("", list[i])
			}
		}
		return node
	}
	if m["x-kubernetes-int-or-string"] == true || m["format"] == "int-or-string" || strings.HasSuffix(name, ".api.resource.Quantity") {
		return map[string]any{"anyOf": []any{map[string]any{"type": "string"}, map[string]any{"type": "number"}}}
	}
	delete(m, "format") // the Go decoder is the better judge
	for key, child := range m {
		if properties, ok := child.(map[string]any); ok && key == "properties" {
			for p, s := range properties {
				properties[p] = strict("", s)
			}
		} else if key != "default" && key != "enum" {
			m[key] = strict("", child)
		}
	}
	_, closed := m["additionalProperties"]
	if _, open := m["properties"]; open && !closed && m["x-kubernetes-preserve-unknown-fields"] != true {
		m["additionalProperties"] = false
	}
	return m
}

func kindsOf(definition map[string]any) []schema.GroupVersionKind {
	list, _ := definition["x-kubernetes-group-version-kind"].([]any)
	var kinds []schema.GroupVersionKind
	for _, one := range list {
		m := one.(map[string]any)
		text := func(key string) string { s, _ := m[key].(string); return s }
		kinds = append(kinds, schema.GroupVersionKind{Group: text("group"), Version: text("version"), Kind: text("kind")})
	}
	return kinds
}

// normal gives numbers the form that the schema compiler wants.
func normal(v any) any {
	raw, err := yaml.Marshal(v)
	if err == nil {
		raw, err = yaml.YAMLToJSON(raw)
	}
	if err != nil {
		panic(err) // it came out of YAML
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		panic(err)
	}
	return out
}

package apiserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Config says which Events are read, and from where.
type Config struct {
	// Kubeconfig is the file that says where the API server is; several are
	// separated as in PATH. Empty: in-cluster, the Pod's service account.
	Kubeconfig string `env:"KUBECONFIG"`
	// Namespaces to read; empty: all. With names, a Role in each is enough.
	Namespaces []string `env:"NAMESPACES"`
	// FieldSelector is handed to the API server, such as type=Warning.
	FieldSelector string `env:"FIELD_SELECTOR"`
}

// selectable is what the API server selects Events by
// (k8s.io/kubernetes/pkg/apis/core/v1, AddFieldLabelConversionsForEvent).
var selectable = []string{
	"involvedObject.apiVersion", "involvedObject.fieldPath", "involvedObject.kind", "involvedObject.name",
	"involvedObject.namespace", "involvedObject.resourceVersion", "involvedObject.uid",
	"metadata.name", "metadata.namespace", "reason", "reportingComponent", "source", "type",
}

// Validate tidies the namespaces and says all that is wrong, one line per
// variable.
func (c *Config) Validate() error {
	return errors.Join(c.validateNamespaces(), c.validateSelector())
}

func (c *Config) validateNamespaces() error {
	var names []string
	for _, name := range c.Namespaces {
		if name = strings.TrimSpace(name); name == "" || slices.Contains(names, name) {
			continue
		}
		if wrong := validation.IsDNS1123Label(name); len(wrong) > 0 {
			return fmt.Errorf("NAMESPACES: %q is no namespace name: %s; must be names separated by commas", name, wrong[0])
		}
		names = append(names, name)
	}
	c.Namespaces = names
	return nil
}

func (c *Config) validateSelector() error {
	sel, err := fields.ParseSelector(c.FieldSelector)
	if err != nil {
		return fmt.Errorf("FIELD_SELECTOR: %w; must be such as type=Warning,involvedObject.kind!=Job", err)
	}
	for _, req := range sel.Requirements() {
		if !slices.Contains(selectable, req.Field) {
			return fmt.Errorf("FIELD_SELECTOR: Events cannot be selected by %q; must be one of %s", req.Field, strings.Join(selectable, ", "))
		}
	}
	return nil
}

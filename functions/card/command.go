package card

import (
	"regexp"
	"strings"

	"github.com/edgebell/edgebell/functions/alert"
)

// Only what these accept comes into a command: a reader pastes it into a
// shell, and an Event's involvedObject may hold any text. None of these
// characters means anything to a shell, and none begins an option.
var (
	dnsLabel     = atMost(63, `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	dnsSubdomain = atMost(253, `^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`)
	kindName     = atMost(63, `^[A-Za-z][A-Za-z0-9]*$`)
)

// pattern is an expression and the length of what may match it. A bound within
// the expression would be compiled as so many copies: a quarter of a megabyte
// for the three.
type pattern struct {
	*regexp.Regexp
	most int
}

func atMost(bytes int, expr string) pattern { return pattern{regexp.MustCompile(expr), bytes} }

func (p pattern) matches(s string) bool { return len(s) <= p.most && p.MatchString(s) }

// clusterScoped are the kinds without a namespace that Events are about.
// Another kind without one had its namespace left out by its reporter.
var clusterScoped = map[string]bool{
	"Node": true, "Namespace": true, "PersistentVolume": true, "StorageClass": true,
	"CustomResourceDefinition": true, "APIService": true, "ClusterRole": true, "ClusterRoleBinding": true,
	"CSINode": true, "VolumeAttachment": true, "IngressClass": true, "PriorityClass": true, "RuntimeClass": true,
}

// digestCommand shows what a digest is made of.
const digestCommand = "kubectl get events -A --field-selector type=Warning"

// overflow stands for kind, name and reason in alert.Overflow.
const overflow = "*"

func overflowCommand(namespace string) string {
	if !dnsLabel.matches(namespace) {
		return digestCommand
	}
	return "kubectl -n " + namespace + " get events --field-selector type=Warning"
}

// command is the line to look further with; empty when the alert's names are
// not names of Kubernetes.
func command(a alert.Alert) string {
	if a.Kind == overflow {
		return overflowCommand(a.Namespace)
	}
	if !kindName.matches(a.Kind) || !dnsSubdomain.matches(a.Name) {
		return ""
	}
	object := "describe " + strings.ToLower(a.Kind) + "/" + a.Name
	switch {
	case dnsLabel.matches(a.Namespace):
		return "kubectl -n " + a.Namespace + " " + object
	case a.Namespace != "":
		return ""
	case clusterScoped[a.Kind]:
		return "kubectl " + object
	}
	return "kubectl get events -A --field-selector involvedObject.name=" + a.Name
}

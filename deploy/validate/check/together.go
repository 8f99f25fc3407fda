package check

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// together finds what does not fit together.
func (s set) together() []Problem {
	var found []Problem
	for _, o := range s.objects {
		switch t := o.Typed.(type) {
		case *corev1.Service:
			found = append(found, s.service(o, t)...)
		case *networkingv1.NetworkPolicy:
			found = append(found, s.policy(o, t)...)
		case *rbacv1.ClusterRoleBinding:
			found = append(found, s.binding(o, t.RoleRef, t.Subjects)...)
		case *rbacv1.RoleBinding:
			found = append(found, s.binding(o, t.RoleRef, t.Subjects)...)
		}
		if o.Namespace != "" && s.find("Namespace", "", o.Namespace) == nil {
			found = append(found, Problem{o.String(), "namespace " + o.Namespace + ": no such Namespace"})
		}
	}
	for _, w := range s.workloads {
		found = append(found, w.selects()...)
		found = append(found, w.probes()...)
		found = append(found, s.references(w)...)
		found = append(found, s.sink(w)...)
	}
	return found
}

func (w workload) selects() []Problem {
	if w.selector == nil {
		return nil
	}
	by, err := metav1.LabelSelectorAsSelector(w.selector)
	if err != nil || by.Empty() {
		return []Problem{{w.String(), "spec.selector selects nothing in particular"}}
	}
	if !by.Matches(labels.Set(w.meta.Labels)) {
		return []Problem{{w.String(), fmt.Sprintf("spec.selector %s does not select its own Pods", by)}}
	}
	return nil
}

func (s set) service(o Object, t *corev1.Service) []Problem {
	found := s.selected(o.Namespace, labels.SelectorFromSet(t.Spec.Selector))
	if len(t.Spec.Selector) == 0 || len(found) != 1 {
		return []Problem{{o.String(), fmt.Sprintf("spec.selector selects the Pods of %d workloads, want 1", len(found))}}
	}
	var problems []Problem
	for _, p := range t.Spec.Ports {
		target := p.TargetPort
		if target == (intstr.IntOrString{}) {
			target = intstr.FromInt32(p.Port)
		}
		if _, ok := found[0].containerPort(target.StrVal, target.IntVal); !ok {
			problems = append(problems, Problem{o.String(), fmt.Sprintf("port %d: %s has no port %s", p.Port, found[0].Name, target.String())})
		}
	}
	return problems
}

// policy checks that each selector within the manifests selects something, and
// that each named port is one of those selected.
func (s set) policy(o Object, t *networkingv1.NetworkPolicy) []Problem {
	own := s.choose(o.Namespace, &t.Spec.PodSelector)
	var found []Problem
	if len(own) == 0 {
		found = append(found, Problem{o.String(), "spec.podSelector selects no Pod"})
	}
	for _, rule := range t.Spec.Ingress {
		found = append(found, s.peers(o, rule.From)...)
		found = append(found, namedPorts(o, own, rule.Ports)...)
	}
	for _, rule := range t.Spec.Egress {
		found = append(found, s.peers(o, rule.To)...)
		for _, peer := range rule.To {
			if peer.PodSelector != nil && peer.NamespaceSelector == nil {
				found = append(found, namedPorts(o, s.choose(o.Namespace, peer.PodSelector), rule.Ports)...)
			}
		}
	}
	return found
}

func (s set) choose(namespace string, selector *metav1.LabelSelector) []workload {
	by, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil
	}
	return s.selected(namespace, by)
}

func (s set) peers(o Object, peers []networkingv1.NetworkPolicyPeer) []Problem {
	var found []Problem
	for _, peer := range peers {
		if peer.PodSelector != nil && peer.NamespaceSelector == nil && len(s.choose(o.Namespace, peer.PodSelector)) == 0 {
			found = append(found, Problem{o.String(), "podSelector of a peer selects no Pod"})
		}
	}
	return found
}

func namedPorts(o Object, of []workload, ports []networkingv1.NetworkPolicyPort) []Problem {
	var found []Problem
	for _, p := range ports {
		if p.Port == nil {
			continue
		}
		for _, w := range of {
			if _, ok := w.containerPort(p.Port.StrVal, p.Port.IntVal); !ok {
				found = append(found, Problem{o.String(), fmt.Sprintf("port %s: %s has no such port", p.Port, w.Name)})
			}
		}
	}
	return found
}

func (s set) binding(o Object, role rbacv1.RoleRef, subjects []rbacv1.Subject) []Problem {
	var found []Problem
	if s.find(role.Kind, o.Namespace, role.Name) == nil {
		found = append(found, Problem{o.String(), "roleRef " + role.Name + ": no such " + role.Kind})
	}
	for _, sub := range subjects {
		if sub.Kind == rbacv1.ServiceAccountKind && (sub.Namespace == "" || s.find("ServiceAccount", sub.Namespace, sub.Name) == nil) {
			found = append(found, Problem{o.String(), fmt.Sprintf("subject %s/%s: no such ServiceAccount", sub.Namespace, sub.Name)})
		}
	}
	return found
}

func (w workload) probes() []Problem {
	var found []Problem
	for _, c := range w.pod.Containers {
		for name, p := range map[string]*corev1.Probe{"startupProbe": c.StartupProbe, "livenessProbe": c.LivenessProbe, "readinessProbe": c.ReadinessProbe} {
			if p == nil || p.HTTPGet == nil {
				if w.Kind != "Service" || name != "startupProbe" {
					found = append(found, Problem{w.String(), name + " is missing"})
				}
				continue
			}
			if p.HTTPGet.Port == (intstr.IntOrString{}) && w.Kind == "Service" {
				continue // Knative fills in the one port
			}
			if _, ok := w.containerPort(p.HTTPGet.Port.StrVal, p.HTTPGet.Port.IntVal); !ok {
				found = append(found, Problem{w.String(), fmt.Sprintf("%s: no port %s", name, p.HTTPGet.Port.String())})
			}
			if w.pod.HostNetwork != (p.HTTPGet.Host == "127.0.0.1") {
				found = append(found, Problem{w.String(), name + ": host must be 127.0.0.1 with hostNetwork, and unset without"})
			}
		}
	}
	return found
}

// sink checks that the host and port in K_SINK are a Service of these
// manifests, in the namespace where it really stands.
func (s set) sink(w workload) []Problem {
	for _, c := range w.pod.Containers {
		for _, e := range c.Env {
			if e.Name != "K_SINK" {
				continue
			}
			if problem := s.reachable(w, e.Value); problem != "" {
				return []Problem{{w.String(), "K_SINK " + e.Value + ": " + problem}}
			}
		}
	}
	return nil
}

func (s set) reachable(w workload, sink string) string {
	u, err := url.Parse(sink)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return "not an http URL"
	}
	parts := strings.Split(u.Hostname(), ".")
	namespace := w.Namespace
	if len(parts) > 1 {
		namespace = parts[1]
	}
	if len(parts) > 2 && parts[2] != "svc" {
		return "not the name of a Service"
	}
	o := s.find("Service", namespace, parts[0])
	if o == nil {
		return "no Service " + parts[0] + " in namespace " + namespace
	}
	service, ok := o.Typed.(*corev1.Service)
	if !ok {
		return "not a Service of Kubernetes"
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	for _, p := range service.Spec.Ports {
		if strconv.Itoa(int(p.Port)) == port {
			return ""
		}
	}
	return "the Service has no port " + port
}

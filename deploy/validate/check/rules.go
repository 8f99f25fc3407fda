package check

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validate/content"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
)

// rules finds what a schema cannot say: values out of a closed list, forms of
// names, versions, amounts.
func (s set) rules() []Problem {
	var found []Problem
	tags := map[string]bool{}
	for _, o := range s.objects {
		for _, what := range name(o) {
			found = append(found, Problem{o.String(), "metadata.name: " + what})
		}
		for _, what := range enums(o) {
			found = append(found, Problem{o.String(), what})
		}
	}
	for _, w := range s.workloads {
		for _, what := range w.rules() {
			found = append(found, Problem{w.String(), what})
		}
		for _, c := range w.pod.Containers {
			_, tag := splitImage(c.Image)
			tags[tag] = true
		}
	}
	if len(tags) > 1 {
		found = append(found, Problem{"images", fmt.Sprintf("%d different tags: all come from one release", len(tags))})
	}
	return found
}

func name(o Object) []string {
	switch o.Typed.(type) {
	case *corev1.Service, *knativeService:
		return utilvalidation.IsDNS1035Label(o.Name)
	case *corev1.Namespace:
		return utilvalidation.IsDNS1123Label(o.Name)
	case *rbacv1.ClusterRole, *rbacv1.ClusterRoleBinding, *rbacv1.Role, *rbacv1.RoleBinding:
		return content.IsPathSegmentName(o.Name)
	}
	return utilvalidation.IsDNS1123Subdomain(o.Name)
}

func (w workload) rules() []string {
	var found []string
	for key, value := range w.meta.Labels {
		found = append(found, slices.Concat(utilvalidation.IsQualifiedName(key), utilvalidation.IsValidLabelValue(value))...)
	}
	for _, c := range w.pod.Containers {
		for _, what := range container(c) {
			found = append(found, "container "+c.Name+": "+what)
		}
	}
	d, ok := w.Typed.(*appsv1.Deployment)
	if ok && d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType && claims(w.pod) {
		found = append(found, "strategy must be Recreate: two Pods cannot hold one ledger")
	}
	if ok && (d.Spec.Replicas == nil || *d.Spec.Replicas != 1) {
		found = append(found, "replicas must be 1")
	}
	return append(found, podEnums(w.pod)...)
}

func claims(p corev1.PodSpec) bool {
	return slices.ContainsFunc(p.Volumes, func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil })
}

func container(c corev1.Container) []string {
	found := utilvalidation.IsDNS1123Label(c.Name)
	if _, tag := splitImage(c.Image); tag == "" || tag == "latest" {
		found = append(found, "image "+c.Image+": must have a tag, and not latest")
	}
	for _, p := range c.Ports {
		if p.Name != "" {
			for _, what := range utilvalidation.IsValidPortName(p.Name) {
				found = append(found, "port "+p.Name+": "+what)
			}
		}
	}
	return append(found, memory(c)...)
}

// memory wants requests and a limit, with the runtime's own limit below it.
func memory(c corev1.Container) []string {
	var found []string
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() {
		found = append(found, "resources.requests must name cpu and memory")
	}
	limit := c.Resources.Limits.Memory()
	if limit.IsZero() {
		return append(found, "resources.limits must name memory")
	}
	at := slices.IndexFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == "GOMEMLIMIT" })
	if at < 0 {
		return append(found, "GOMEMLIMIT is missing")
	}
	soft, err := resource.ParseQuantity(strings.TrimSuffix(c.Env[at].Value, "B"))
	if err != nil || soft.Cmp(*limit) >= 0 {
		found = append(found, fmt.Sprintf("GOMEMLIMIT %s must be a size below the limit of %s", c.Env[at].Value, limit))
	}
	return found
}

func splitImage(image string) (name, tag string) {
	image, _, _ = strings.Cut(image, "@")
	at := strings.LastIndexByte(image, ':')
	if at < strings.LastIndexByte(image, '/') {
		return image, ""
	}
	return image[:at], image[at+1:]
}

// one is a value and what it may be.
type one struct {
	field, value string
	of           []string
}

func outside(all []one) []string {
	var found []string
	for _, e := range all {
		if e.value != "" && !slices.Contains(e.of, e.value) {
			found = append(found, fmt.Sprintf("%s: %q must be one of %s", e.field, e.value, strings.Join(e.of, ", ")))
		}
	}
	return found
}

var protocols = []string{"TCP", "UDP", "SCTP"}

func podEnums(p corev1.PodSpec) []string {
	all := []one{
		{"restartPolicy", string(p.RestartPolicy), []string{"Always"}},
		{"dnsPolicy", string(p.DNSPolicy), []string{"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"}},
	}
	if sc := p.SecurityContext; sc != nil && sc.SeccompProfile != nil {
		all = append(all, one{"seccompProfile.type", string(sc.SeccompProfile.Type), []string{"RuntimeDefault", "Localhost", "Unconfined"}})
	}
	if sc := p.SecurityContext; sc != nil && sc.FSGroupChangePolicy != nil {
		all = append(all, one{"fsGroupChangePolicy", string(*sc.FSGroupChangePolicy), []string{"OnRootMismatch", "Always"}})
	}
	for _, t := range p.Tolerations {
		all = append(all,
			one{"toleration operator", string(t.Operator), []string{"Exists", "Equal"}},
			one{"toleration effect", string(t.Effect), []string{"NoSchedule", "PreferNoSchedule", "NoExecute"}})
	}
	for _, c := range p.Containers {
		all = append(all, one{"imagePullPolicy", string(c.ImagePullPolicy), []string{"Always", "IfNotPresent", "Never"}})
		for _, port := range c.Ports {
			all = append(all, one{"protocol", string(port.Protocol), protocols})
		}
	}
	return outside(all)
}

func enums(o Object) []string {
	switch t := o.Typed.(type) {
	case *appsv1.Deployment:
		return outside([]one{{"strategy.type", string(t.Spec.Strategy.Type), []string{"Recreate", "RollingUpdate"}}})
	case *appsv1.DaemonSet:
		return outside([]one{{"updateStrategy.type", string(t.Spec.UpdateStrategy.Type), []string{"OnDelete", "RollingUpdate"}}})
	case *corev1.Service:
		all := []one{{"type", string(t.Spec.Type), []string{"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}}}
		for _, p := range t.Spec.Ports {
			all = append(all, one{"protocol", string(p.Protocol), protocols})
		}
		return outside(all)
	case *corev1.PersistentVolumeClaim:
		var all []one
		for _, m := range t.Spec.AccessModes {
			all = append(all, one{"accessModes", string(m), []string{"ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"}})
		}
		return outside(all)
	case *networkingv1.NetworkPolicy:
		return outside(policyEnums(t))
	case *schedulingv1.PriorityClass:
		if t.PreemptionPolicy != nil {
			return outside([]one{{"preemptionPolicy", string(*t.PreemptionPolicy), []string{"Never", "PreemptLowerPriority"}}})
		}
	case *rbacv1.ClusterRoleBinding:
		var all []one
		for _, sub := range t.Subjects {
			all = append(all, one{"subject kind", sub.Kind, []string{"ServiceAccount", "User", "Group"}})
		}
		return outside(all)
	}
	return nil
}

func policyEnums(t *networkingv1.NetworkPolicy) []one {
	var all []one
	for _, p := range t.Spec.PolicyTypes {
		all = append(all, one{"policyTypes", string(p), []string{"Ingress", "Egress"}})
	}
	add := func(ports []networkingv1.NetworkPolicyPort) {
		for _, p := range ports {
			if p.Protocol != nil {
				all = append(all, one{"protocol", string(*p.Protocol), protocols})
			}
		}
	}
	for _, r := range t.Spec.Ingress {
		add(r.Ports)
	}
	for _, r := range t.Spec.Egress {
		add(r.Ports)
	}
	return all
}

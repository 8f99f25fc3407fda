package check

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// onHostNetwork is all that a Pod on the host's network may break of Pod
// Security's restricted level.
var onHostNetwork = []string{"host namespaces", "hostPort", "probe or lifecycle host"}

// security evaluates each Pod as the admission plugin of its namespace would.
// Namespaces must say restricted, but for one that holds nothing except Pods
// on the host's network, which then may break what hostNetwork breaks.
func (s set) security() []Problem {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return []Problem{{"pod security", err.Error()}}
	}
	var found []Problem
	for _, w := range s.workloads {
		level := s.level(w.Namespace)
		if level != "restricted" && !(level == "privileged" && w.pod.HostNetwork) {
			found = append(found, Problem{w.String(), "its namespace enforces Pod Security level " + fmt.Sprintf("%q", level) + ", want restricted"})
		}
		restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
		for _, result := range evaluator.EvaluatePod(restricted, &w.meta, &w.pod) {
			allowed := w.pod.HostNetwork && level == "privileged" && slices.Contains(onHostNetwork, result.ForbiddenReason)
			if !result.Allowed && !allowed {
				found = append(found, Problem{w.String(), "Pod Security: " + result.ForbiddenReason + " (" + result.ForbiddenDetail + ")"})
			}
		}
		if w.pod.HostNetwork && w.pod.DNSPolicy != corev1.DNSClusterFirstWithHostNet {
			found = append(found, Problem{w.String(), "hostNetwork without dnsPolicy ClusterFirstWithHostNet: it would find no Service"})
		}
		for _, c := range w.pod.Containers {
			if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
				found = append(found, Problem{w.String(), "container " + c.Name + ": the root file system must be read-only"})
			}
		}
	}
	return append(found, s.rights()...)
}

func (s set) level(namespace string) string {
	o := s.find("Namespace", "", namespace)
	if o == nil {
		return ""
	}
	if ns, ok := o.Typed.(*corev1.Namespace); ok {
		return ns.Labels[api.EnforceLevelLabel]
	}
	return ""
}

// rights allows one rule: to list and watch events.
func (s set) rights() []Problem {
	var found []Problem
	for _, o := range s.objects {
		var rules []rbacv1.PolicyRule
		switch t := o.Typed.(type) {
		case *rbacv1.ClusterRole:
			rules = t.Rules
		case *rbacv1.Role:
			rules = t.Rules
		}
		for _, r := range rules {
			if text := fmt.Sprint(r.APIGroups, r.Resources, r.Verbs, r.NonResourceURLs, r.ResourceNames); text != "[] [events] [list watch] [] []" {
				found = append(found, Problem{o.String(), "grants more than to list and watch events: " + strings.TrimSpace(text)})
			}
		}
	}
	for _, w := range s.workloads {
		mounts := w.pod.AutomountServiceAccountToken
		if (mounts == nil || *mounts) && !s.bound(w) {
			found = append(found, Problem{w.String(), "gets a token of the API server and has no use for it"})
		}
	}
	return found
}

func (s set) bound(w workload) bool {
	for _, o := range s.objects {
		b, ok := o.Typed.(*rbacv1.ClusterRoleBinding)
		if ok && slices.ContainsFunc(b.Subjects, func(sub rbacv1.Subject) bool {
			return sub.Name == w.pod.ServiceAccountName && sub.Namespace == w.Namespace
		}) {
			return true
		}
	}
	return false
}

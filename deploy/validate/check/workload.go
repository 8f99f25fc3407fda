package check

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// set is all objects of one rendering.
type set struct {
	objects   []Object
	workloads []workload
}

// workload is whatever makes Pods.
type workload struct {
	Object
	meta     metav1.ObjectMeta
	pod      corev1.PodSpec
	selector *metav1.LabelSelector // nil where the kind has none
}

func newSet(objects []Object) set {
	s := set{objects: objects}
	for _, o := range objects {
		if w, ok := workloadOf(o); ok {
			s.workloads = append(s.workloads, w)
		}
	}
	return s
}

func workloadOf(o Object) (workload, bool) {
	switch t := o.Typed.(type) {
	case *appsv1.Deployment:
		return workload{o, t.Spec.Template.ObjectMeta, t.Spec.Template.Spec, orEmpty(t.Spec.Selector)}, true
	case *appsv1.DaemonSet:
		return workload{o, t.Spec.Template.ObjectMeta, t.Spec.Template.Spec, orEmpty(t.Spec.Selector)}, true
	case *appsv1.StatefulSet:
		return workload{o, t.Spec.Template.ObjectMeta, t.Spec.Template.Spec, orEmpty(t.Spec.Selector)}, true
	case *corev1.Pod:
		return workload{o, t.ObjectMeta, t.Spec, nil}, true
	case *knativeService:
		return workload{o, t.Spec.Template.ObjectMeta, t.Spec.Template.Spec.PodSpec, nil}, true
	}
	return workload{}, false
}

func orEmpty(s *metav1.LabelSelector) *metav1.LabelSelector {
	if s == nil {
		return &metav1.LabelSelector{}
	}
	return s
}

// find looks an object up by the name that others call it by.
func (s set) find(kind, namespace, name string) *Object {
	for i, o := range s.objects {
		if o.Kind == kind && o.Name == name && (o.Namespace == namespace || o.Namespace == "") {
			return &s.objects[i]
		}
	}
	return nil
}

// selected are the workloads in namespace whose Pods the selector matches.
func (s set) selected(namespace string, by labels.Selector) []workload {
	var all []workload
	for _, w := range s.workloads {
		if w.Namespace == namespace && by.Matches(labels.Set(w.meta.Labels)) {
			all = append(all, w)
		}
	}
	return all
}

// containerPort finds a port of w by the name or number in target.
func (w workload) containerPort(name string, number int32) (int32, bool) {
	for _, c := range w.pod.Containers {
		for _, p := range c.Ports {
			if name != "" && p.Name == name || name == "" && p.ContainerPort == number {
				return p.ContainerPort, true
			}
		}
	}
	return 0, false
}

// references looks up what a Pod names and would wait for.
func (s set) references(w workload) []Problem {
	var found []Problem
	need := func(kind, name string, optional *bool) {
		if name != "" && (optional == nil || !*optional) && s.find(kind, w.Namespace, name) == nil {
			found = append(found, Problem{w.String(), kind + " " + name + ": no such object"})
		}
	}
	need("ServiceAccount", w.pod.ServiceAccountName, nil)
	need("PriorityClass", w.pod.PriorityClassName, nil)
	volumes := map[string]bool{}
	for _, v := range w.pod.Volumes {
		volumes[v.Name] = true
		if v.PersistentVolumeClaim != nil {
			need("PersistentVolumeClaim", v.PersistentVolumeClaim.ClaimName, nil)
		}
		if v.Secret != nil {
			need("Secret", v.Secret.SecretName, v.Secret.Optional)
		}
	}
	for _, c := range w.pod.Containers {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil {
				need("ConfigMap", from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
			}
			if from.SecretRef != nil {
				need("Secret", from.SecretRef.Name, from.SecretRef.Optional)
			}
		}
		for _, e := range c.Env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				need("Secret", e.ValueFrom.SecretKeyRef.Name, e.ValueFrom.SecretKeyRef.Optional)
			}
		}
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				found = append(found, Problem{w.String(), "volumeMount " + m.Name + ": no such volume"})
			}
		}
	}
	return found
}

package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// environment checks the variables of each Edgebell container against its
// program's code: names, those that must be there, and the port.
func (s set) environment(code map[string]Variables) []Problem {
	var found []Problem
	for _, w := range s.workloads {
		for _, c := range w.pod.Containers {
			image, _ := splitImage(c.Image)
			program := image[strings.LastIndexByte(image, '/')+1:]
			known, ok := code[program]
			if !ok {
				found = append(found, Problem{w.String(), "image " + c.Image + ": not one of ours"})
				continue
			}
			for _, what := range s.compare(w, c, known) {
				found = append(found, Problem{w.String(), what})
			}
		}
	}
	return found
}

func (s set) compare(w workload, c corev1.Container, known Variables) []string {
	var found []string
	env := s.env(w, c)
	plain := s.decoded(w, s.env(w, c))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !known.reads(name, plain["ROUTES"]) {
			found = append(found, "variable "+name+": the program does not read it")
		}
		if file := plain[name]; strings.HasSuffix(name, "_FILE") && file != "" && !mounted(c, file) {
			found = append(found, "variable "+name+" "+file+": no volume is mounted there")
		}
	}
	if _, ok := known.fixed["K_SINK"]; ok && env["K_SINK"] == "" && !s.bindsSink(w) {
		found = append(found, "variable K_SINK is missing")
	}
	address := env["LISTEN_ADDRESS"]
	if address == "" {
		address = known.fixed["LISTEN_ADDRESS"]
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return append(found, "LISTEN_ADDRESS "+address+": not host:port")
	}
	number, _ := strconv.ParseInt(port, 10, 32)
	if _, ok := w.containerPort("", int32(number)); !ok {
		found = append(found, fmt.Sprintf("the program listens on port %d, which is not among the container's", number))
	}
	if w.pod.HostNetwork != (host == "127.0.0.1") {
		found = append(found, "LISTEN_ADDRESS "+address+": must be on 127.0.0.1 with hostNetwork, and on every address without")
	}
	return found
}

func mounted(c corev1.Container, file string) bool {
	return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool {
		return file == m.MountPath || strings.HasPrefix(file, strings.TrimSuffix(m.MountPath, "/")+"/")
	})
}

// env is what the container will see, the last source winning. A value out of a
// single key of a Secret is shown as the key's name.
func (s set) env(w workload, c corev1.Container) map[string]string {
	env := map[string]string{}
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef != nil {
			maps.Copy(env, s.data("ConfigMap", w.Namespace, from.ConfigMapRef.Name))
		}
		if from.SecretRef != nil {
			maps.Copy(env, s.data("Secret", w.Namespace, from.SecretRef.Name))
		}
	}
	for _, e := range c.Env {
		env[e.Name] = e.Value
		if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
			env[e.Name] = e.ValueFrom.SecretKeyRef.Key
		}
	}
	return env
}

func (s set) data(kind, namespace, name string) map[string]string {
	o := s.find(kind, namespace, name)
	if o == nil {
		return nil
	}
	var m struct {
		Data map[string]string `json:"data"`
	}
	if json.Unmarshal(o.Raw, &m) != nil {
		return nil
	}
	return m.Data
}

func (s set) bindsSink(w workload) bool {
	for _, o := range s.objects {
		b, ok := o.Typed.(*sinkBinding)
		if ok && o.Namespace == w.Namespace && b.Spec.Subject.Kind == w.Kind && b.Spec.Subject.Name == w.Name {
			return true
		}
	}
	return false
}

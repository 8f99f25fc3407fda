package check

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Environment is what the container of program would see, Secrets decoded. It
// is for those who run the program without a kubelet.
func Environment(manifests []byte, program string) (map[string]string, error) {
	objects, problems := Read(manifests)
	if len(problems) > 0 {
		return nil, fmt.Errorf("read manifests: %s", problems[0])
	}
	s := newSet(objects)
	for _, w := range s.workloads {
		for _, c := range w.pod.Containers {
			image, _ := splitImage(c.Image)
			if image[strings.LastIndexByte(image, '/')+1:] == program {
				return s.decoded(w, s.env(w, c)), nil
			}
		}
	}
	return nil, fmt.Errorf("no container of %s in the manifests", program)
}

// decoded puts the values of Secrets in, which env leaves in base64 or names by
// their key.
func (s set) decoded(w workload, env map[string]string) map[string]string {
	for _, c := range w.pod.Containers {
		for _, from := range c.EnvFrom {
			if from.SecretRef != nil {
				s.plain(w.Namespace, from.SecretRef.Name, env, "")
			}
		}
		for _, e := range c.Env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				delete(env, e.Name)
				s.plain(w.Namespace, e.ValueFrom.SecretKeyRef.Name, env, e.ValueFrom.SecretKeyRef.Key)
			}
		}
	}
	return env
}

func (s set) plain(namespace, name string, env map[string]string, only string) {
	for key, value := range s.data("Secret", namespace, name) {
		raw, err := base64.StdEncoding.DecodeString(value)
		if err == nil && (only == "" || only == key) {
			env[key] = string(raw)
		}
	}
}

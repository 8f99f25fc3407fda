package check

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// ofRuntime are read by the Go runtime and its standard library.
var ofRuntime = []string{"GOMEMLIMIT", "GOGC", "GOMAXPROCS", "GODEBUG", "HTTPS_PROXY", "NO_PROXY"}

// Variables are the environment variables that a program reads, with their
// defaults.
type Variables map[string]string

// Code reads from the struct tags below root, the repository, which variables
// cmd/program reads.
func Code(root, program string) (Variables, error) {
	const module = "github.com/edgebell/edgebell/"
	all, seen := Variables{}, map[string]bool{}
	queue := []string{"cmd/" + program}
	for len(queue) > 0 {
		dir := queue[0]
		queue = queue[1:]
		if seen[dir] {
			continue
		}
		seen[dir] = true
		imports, err := readPackage(filepath.Join(root, dir), all)
		if err != nil {
			return nil, fmt.Errorf("read variables of %s: %w", program, err)
		}
		for _, i := range imports {
			if rest, ours := strings.CutPrefix(i, module); ours {
				queue = append(queue, rest)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read variables of %s: no struct tags found", program)
	}
	return all, nil
}

func readPackage(dir string, into Variables) (imports []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, i := range f.Imports {
			if path, err := strconv.Unquote(i.Path.Value); err == nil {
				imports = append(imports, path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && field.Tag != nil {
				addTag(field.Tag.Value, into)
			}
			return true
		})
	}
	return imports, nil
}

func addTag(literal string, into Variables) {
	raw, err := strconv.Unquote(literal)
	if err != nil {
		return
	}
	tag := reflect.StructTag(raw).Get("env")
	name, rest, _ := strings.Cut(tag, ",")
	if name == "" {
		return
	}
	_, value, _ := strings.Cut(rest, "default=")
	into[name] = value
}

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
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if _, ok := known[name]; !ok && !slices.Contains(ofRuntime, name) {
			found = append(found, "variable "+name+": the program does not read it")
		}
	}
	if _, ok := known["K_SINK"]; ok && env["K_SINK"] == "" && !s.bindsSink(w) {
		found = append(found, "variable K_SINK is missing")
	}
	address := env["LISTEN_ADDRESS"]
	if address == "" {
		address = known["LISTEN_ADDRESS"]
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

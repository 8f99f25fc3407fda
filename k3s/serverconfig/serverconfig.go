// Package serverconfig reads a K3S server's configuration files the way K3S
// does and says what its API server would be started with. It reads
// kube-apiserver-arg alone and refuses files that K3S would not read either.
//
// Begin with Read.
package serverconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// Dir is where K3S looks for its configuration.
const Dir = "/etc/rancher/k3s"

const key = "kube-apiserver-arg"

// Args are the API server's flags: the values of each, in order.
type Args map[string][]string

// Last is what counts of a flag that may be given once.
func (a Args) Last(flag string) string {
	values := a[flag]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// Read takes in config.yaml and then config.yaml.d in the order of names: a
// later file's key replaces what was before, with a "+" behind the key it adds
// to it. The file named dropIn in config.yaml.d is read from candidate instead,
// or left out when that is empty.
func Read(root, dropIn, candidate string) (Args, error) {
	files, err := list(root, dropIn, candidate)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, file := range files {
		values, replaces, err := readFile(file)
		if err != nil {
			return nil, err
		}
		if replaces {
			all = nil
		}
		all = append(all, values...)
	}
	args := Args{}
	for _, arg := range all {
		flag, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		args[flag] = append(args[flag], value)
	}
	return args, nil
}

func list(root, dropIn, candidate string) ([]string, error) {
	var files []string
	main := filepath.Join(root, Dir, "config.yaml")
	if _, err := os.Stat(main); err == nil {
		files = append(files, main)
	}
	dir := main + ".d"
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read drop-ins: %w", err)
	}
	placed := candidate == ""
	for _, e := range entries {
		if !placed && e.Name() >= dropIn {
			files, placed = append(files, candidate), true
		}
		if name := strings.ToLower(e.Name()); e.IsDir() || e.Name() == dropIn || !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
			continue
		}
		files = append(files, filepath.Join(dir, e.Name()))
	}
	if !placed {
		files = append(files, candidate)
	}
	return files, nil
}

// readFile gives a file's own arguments and whether they replace earlier ones.
// A file may have both keys; they count in the order in which they stand.
func readFile(file string) (values []string, replaces bool, err error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, false, fmt.Errorf("read K3S configuration: %w", err)
	}
	entries, err := topLevel(raw)
	if err != nil {
		return nil, false, fmt.Errorf("read %s: %w", file, err)
	}
	for _, e := range entries {
		switch e.key {
		case key:
			values, replaces = e.values, true
		case key + "+":
			values = append(values, e.values...)
		}
	}
	return values, replaces, nil
}

type setting struct {
	key    string
	values []string
}

// topLevel reads the keys that matter, in their order in the file.
func topLevel(raw []byte) ([]setting, error) {
	doc := map[string]any{}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	var out []setting
	for _, k := range []string{key, key + "+"} {
		v, ok := doc[k]
		if !ok {
			continue
		}
		values, err := strs(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		out = append(out, setting{k, values})
	}
	if len(out) == 2 && plusFirst(string(raw)) {
		out[0], out[1] = out[1], out[0]
	}
	return out, nil
}

// plusFirst says whether the key with "+" stands before the one without.
func plusFirst(raw string) bool {
	for line := range strings.Lines(raw) {
		name := strings.Trim(strings.TrimSpace(strings.SplitN(line, ":", 2)[0]), `"'`)
		switch name {
		case key + "+":
			return true
		case key:
			return false
		}
	}
	return false
}

func strs(v any) ([]string, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []string{v}, nil
	case []any:
		var out []string
		for _, one := range v {
			s, ok := one.(string)
			if !ok {
				return nil, fmt.Errorf("%v: must be a string", one)
			}
			out = append(out, s)
		}
		return out, nil
	}
	return nil, fmt.Errorf("must be a string or a list of strings, is %T", v)
}

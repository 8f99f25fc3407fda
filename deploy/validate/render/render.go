// Package render builds a kustomization with kustomize as a library, so that
// no kubectl and no network are needed. It stands in for secrets that are not
// there: asked to, it reads X.example.env where X.env is missing. Begin with
// Dir.
package render

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Dir renders the kustomization in dir.
func Dir(dir string) ([]byte, error) { return build(filesys.MakeFsOnDisk(), dir) }

// WithExamples renders dir below root from a copy in memory, in which every
// X.example.env also is an X.env, and with the files in extra (by their path
// below root) added or replaced.
func WithExamples(root, dir string, extra map[string]string) ([]byte, error) {
	fs, err := Copy(root)
	if err != nil {
		return nil, err
	}
	for name, body := range extra {
		if err := fs.WriteFile("/"+name, []byte(body)); err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
	}
	return build(fs, "/"+dir)
}

// Copy reads the YAML and env files below root into memory.
func Copy(root string) (filesys.FileSystem, error) {
	fs := filesys.MakeFsInMemory()
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		ext := filepath.Ext(name)
		if err != nil || d.IsDir() || ext != ".yaml" && ext != ".env" {
			return err
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		in := "/" + filepath.ToSlash(rel)
		if ext == ".env" && !strings.HasSuffix(in, ".example.env") {
			return nil // somebody's real secrets have no place in a check
		}
		if err := fs.WriteFile(in, body); err != nil {
			return err
		}
		return fs.WriteFile(strings.TrimSuffix(in, ".example.env")+env(in), body)
	})
	if err != nil {
		return nil, fmt.Errorf("read manifests: %w", err)
	}
	return fs, nil
}

func env(name string) string {
	if strings.HasSuffix(name, ".example.env") {
		return ".env"
	}
	return ""
}

func build(fs filesys.FileSystem, dir string) ([]byte, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy // namespaces first, as kubectl does
	objects, err := krusty.MakeKustomizer(options).Run(fs, dir)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", dir, err)
	}
	out, err := objects.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", dir, err)
	}
	return out, nil
}

// Command manifests renders an overlay without kubectl and without network:
// manifests render DIR.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/edgebell/edgebell/deploy/validate/render"
)

func main() {
	if err := realMain(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "manifests:", err)
		os.Exit(1)
	}
}

func realMain(args []string, out io.Writer) error {
	if len(args) != 2 || args[0] != "render" {
		return fmt.Errorf("want: manifests render DIR")
	}
	if err := secrets(args[1]); err != nil {
		return err
	}
	rendered, err := render.Dir(args[1])
	if err != nil {
		return err
	}
	if _, err := out.Write(rendered); err != nil {
		return fmt.Errorf("write manifests: %w", err)
	}
	return nil
}

// secrets says in plain words what kustomize would say in its own.
func secrets(dir string) error {
	examples, err := filepath.Glob(filepath.Join(dir, "*.example.env"))
	if err != nil {
		return fmt.Errorf("look for examples: %w", err)
	}
	for _, example := range examples {
		want := example[:len(example)-len(".example.env")] + ".env"
		if _, err := os.Stat(want); err != nil {
			return fmt.Errorf("%s is missing: cp %s %s and fill it in; git ignores it", want, example, want)
		}
	}
	return nil
}

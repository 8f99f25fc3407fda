package check

import (
	"errors"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ofRuntime are read by the Go runtime and its standard library.
var ofRuntime = []string{"GOMEMLIMIT", "GOGC", "GOMAXPROCS", "GODEBUG", "HTTPS_PROXY", "NO_PROXY"}

// Variables are the environment variables that a program reads.
type Variables struct {
	fixed map[string]string // with their defaults
	// Those of routes and of their channels are read with a prefix before them.
	ofRoutes, ofChannels []string
	secrets              secretNames
}

// reads says whether the program reads the variable, where ROUTES has the given
// value.
func (v Variables) reads(name, routes string) bool {
	if _, ok := v.fixed[name]; ok || slices.Contains(ofRuntime, name) {
		return true
	}
	if secret, ok := strings.CutSuffix(name, "_FILE"); ok {
		return v.secrets.has(secret) && v.reads(secret, routes)
	}
	if rest, ok := strings.CutPrefix(name, "CHANNEL_"); ok && slices.Contains(v.ofChannels, rest) {
		return true
	}
	for route := range strings.SplitSeq(routes, ",") {
		prefix := "ROUTE_" + strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(route), "-", "_")) + "_"
		rest, ok := strings.CutPrefix(name, prefix)
		if ok && (slices.Contains(v.ofRoutes, rest) || slices.Contains(v.ofChannels, rest)) {
			return true
		}
	}
	return false
}

const (
	module       = "github.com/edgebell/edgebell/"
	waysOut      = "functions/channel"
	secretFolder = "cmd/internal/run"
)

// Code reads from the struct tags below root, the repository, which variables
// cmd/program reads.
func Code(root, program string) (Variables, error) {
	v, err := code(root, program)
	if err != nil {
		return v, fmt.Errorf("read variables of %s: %w", program, err)
	}
	return v, nil
}

func code(root, program string) (Variables, error) {
	packages, err := imported(root, "cmd/"+program)
	if err != nil {
		return Variables{}, err
	}
	all := Variables{fixed: map[string]string{}}
	if all.secrets, err = packages[secretFolder].secretNames(); err != nil {
		return all, err
	}
	if ways, ok := packages[waysOut]; ok {
		if err := all.addWays(ways, packages); err != nil {
			return all, err
		}
	}
	for _, p := range packages {
		p.addTags(all.fixed)
	}
	if len(all.fixed) == 0 {
		return all, errors.New("no struct tags found")
	}
	return all, nil
}

// addWays takes the structs that are read with a prefix out of the packages,
// and their variables to those of routes and channels.
func (v *Variables) addWays(ways *source, packages map[string]*source) error {
	v.ofRoutes = ways.take("settings")
	v.ofChannels = ways.take("lacked") // of a kind that is built with a tag
	kinds, err := ways.kinds()
	if err != nil {
		return err
	}
	for _, k := range kinds {
		p, ok := packages[k.dir]
		if !ok {
			return fmt.Errorf("%s: kinds name %s, which is not imported", waysOut, k.dir)
		}
		v.ofChannels = append(v.ofChannels, p.take(k.name)...)
	}
	if len(v.ofRoutes) == 0 || len(v.ofChannels) == 0 {
		return fmt.Errorf("%s: no variables of routes in settings, or none of channels in kinds", waysOut)
	}
	return nil
}

// imported are the program's own packages, by their folder below root.
func imported(root, first string) (map[string]*source, error) {
	packages, queue := map[string]*source{}, []string{first}
	for len(queue) > 0 {
		dir := queue[0]
		queue = queue[1:]
		if packages[dir] != nil {
			continue
		}
		p, err := parse(root, dir)
		if err != nil {
			return nil, err
		}
		packages[dir] = p
		for _, i := range p.imports {
			if rest, ours := strings.CutPrefix(i, module); ours {
				queue = append(queue, rest)
			}
		}
	}
	return packages, nil
}

// goFiles are those of a package as it is built without tags, without its tests.
func goFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		built, err := build.Default.MatchFile(dir, e.Name())
		if err != nil {
			return nil, err
		}
		if built {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}

package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/channel"
)

// TestReadmeNamesEveryVariable reads the struct tags of all programs and wants
// each variable in the README's table, with its default.
func TestReadmeNamesEveryVariable(t *testing.T) {
	raw, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 {
			continue
		}
		for _, name := range strings.Split(cells[2], ",") {
			rows[strings.Trim(strings.TrimSpace(name), "`")] = cells[3]
		}
	}
	found := 0
	ofRoutes, ofChannels := channel.Variables()
	for _, name := range ofRoutes {
		if _, ok := rows["ROUTE_<NAME>_"+name]; !ok {
			t.Errorf("the README's table lacks ROUTE_<NAME>_%s", name)
		}
	}
	for _, name := range ofChannels {
		if _, ok := rows["CHANNEL_"+name]; !ok {
			t.Errorf("the README's table lacks CHANNEL_%s", name)
		}
	}
	for name, def := range variables(t) {
		found++
		cell, ok := rows[name]
		if !ok && (slices.Contains(ofRoutes, name) || slices.Contains(ofChannels, name)) {
			continue // stands with its prefix
		}
		if !ok {
			t.Errorf("the README's table lacks %s", name)
			continue
		}
		if def != "" && !strings.Contains(cell, "`"+def+"`") {
			t.Errorf("the README says %s is by default %s, the code says %s", name, strings.TrimSpace(cell), def)
		}
	}
	if found < 25 {
		t.Errorf("only %d variables found: the test looks in the wrong place", found)
	}
}

// variables are all env tags outside tests, with their defaults.
func variables(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, root := range []string{"../adapters", "../functions", "../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				field, ok := n.(*ast.Field)
				if !ok || field.Tag == nil {
					return true
				}
				tag, err := strconv.Unquote(field.Tag.Value)
				if err != nil {
					return true
				}
				name, rest, _ := strings.Cut(reflect.StructTag(tag).Get("env"), ",")
				if name != "" && !strings.HasPrefix(rest, " prefix") {
					out[name] = strings.TrimPrefix(strings.TrimSpace(rest), "default=")
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

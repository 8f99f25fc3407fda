package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unsafeInEcho are the names of echo/v4 that the advisories which SECURITY.md
// accepts are about, or that the same fixes touched in echo/v5: they believe
// headers that any sender can set, or hand out files.
var unsafeInEcho = []string{
	"RealIP", "ExtractIPFromXFFHeader", "ExtractIPFromRealIPHeader", // GO-2026-6872
	"JSONP", "JSONPBlob", "Static", "StaticFS", "StaticDirectoryHandler", // GO-2026-6875
	"LegacySchemeExtractor", "ExtractSchemeFromHeaders",
}

// TestEchoIsNotAskedWhoSent holds why GO-2026-6872 and GO-2026-6875 do not
// concern us: their code in echo is reached by nothing, of ours or of echo's own
// way to serve a request, and its middleware is in no program.
func TestEchoIsNotAskedWhoSent(t *testing.T) {
	for program, packages := range linkedPackages(t) {
		if slices.Contains(packages, "github.com/labstack/echo/v4/middleware") {
			t.Errorf("%s holds echo's middleware, whose proxy and rate limiter believe X-Real-IP and X-Forwarded-For", program)
		}
	}
	files := 0
	for file, imported := range imports(t) {
		if !slices.Contains(imported, "github.com/labstack/echo/v4") {
			continue
		}
		files++
		for _, use := range uses(t, filepath.Join("..", file), unsafeInEcho, "Scheme") {
			t.Errorf("%s: %s believes what the sender says: take the address or scheme of the connection", file, use)
		}
	}
	if files < 4 {
		t.Errorf("only %d files use echo: the test looks in the wrong place", files)
	}
}

// TestEchoItselfDoesNotAskWhoSent wants echo to answer requests without the
// functions concerned, but for those that must be called by name.
func TestEchoItselfDoesNotAskWhoSent(t *testing.T) {
	raw, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/labstack/echo/v4").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(raw)), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	defined := false
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, use := range uses(t, file, []string{"RealIP", "IPExtractor"}, "Scheme") {
			if defined = true; filepath.Base(file) != "context.go" || use != "IPExtractor in RealIP" {
				t.Errorf("%s uses %s", file, use)
			}
		}
	}
	if !defined {
		t.Errorf("%d files of echo do not define RealIP: the test looks in the wrong place", len(files))
	}
}

// uses are the places in a file that name one of the selectors, or call one of
// the calls, with the function around them.
func uses(t *testing.T, file string, selectors []string, calls ...string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, decl := range f.Decls {
		around := "a declaration"
		if fn, ok := decl.(*ast.FuncDecl); ok {
			around = fn.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if slices.Contains(selectors, n.Sel.Name) {
					found[n.Sel.Name+" in "+around] = true
				}
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains(calls, s.Sel.Name) {
					found[s.Sel.Name+" in "+around] = true
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// linkedPackages are all packages of each program on a Pi.
func linkedPackages(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, program := range []string{"notify", "event-source", "audit-webhook"} {
		cmd := exec.Command("go", "list", "-deps", "-tags", "shoutrrr", "./"+program)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
		raw, err := cmd.Output()
		if err != nil {
			t.Fatalf("list packages of %s: %v", program, err)
		}
		if out[program] = strings.Fields(string(raw)); len(out[program]) < 100 {
			t.Fatalf("%s has only %d packages", program, len(out[program]))
		}
	}
	return out
}

// Package cmd_test holds what is true of the tree as a whole.
package cmd_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/edgebell/edgebell/"

// allowed is which packages of the project a package may import; tests may
// import more. A folder that is not named here may import nothing of ours.
var allowed = map[string][]string{
	"adapters/kubeevent":      {"adapters/kubeevent/core", "adapters/kubeevent/wire"},
	"adapters/kubeevent/core": {"adapters/kubeevent/wire"},
	"adapters/kubeevent/wire": {},
	"adapters/sink":           {"adapters/token"},
	"adapters/token":          {},
	"adapters/apiserver":      {"adapters/kubeevent/core", "adapters/kubeevent/wire"},
	"adapters/auditwebhook":   {"adapters/kubeevent/core", "adapters/kubeevent/wire", "adapters/token"},
	"adapters/status":         {"adapters/kubeevent/wire"},

	"functions/alert":  {},
	"functions/feishu": {"functions/webhook/wire"},
	"functions/ledger": {"functions/alert"},
	"functions/card":   {"functions/alert"},
	// A channel turns what the function tells into one service's messages; the
	// way over the link is the same for all of them.
	"functions/webhook/wire": {},
	"functions/webhook":      {"functions/card", "functions/notify", "functions/webhook/wire"},
	"functions/slack":        {"functions/card", "functions/notify", "functions/webhook", "functions/webhook/wire"},
	"functions/ntfy":         {"functions/card", "functions/notify", "functions/webhook", "functions/webhook/wire"},
	"functions/feishuapp":    {"functions/card", "functions/feishu", "functions/notify", "functions/webhook", "functions/webhook/wire"},
	"functions/telegram":     {"functions/card", "functions/notify", "functions/webhook", "functions/webhook/wire"},
	"functions/robot":        {"functions/card", "functions/notify", "functions/webhook", "functions/webhook/wire"},
	"functions/dingtalk":     {"functions/card", "functions/notify", "functions/robot", "functions/webhook"},
	"functions/wecom":        {"functions/card", "functions/notify", "functions/robot", "functions/webhook"},
	"functions/email":        {"functions/alert", "functions/card", "functions/notify", "functions/robot", "functions/webhook", "functions/webhook/wire"},
	"functions/longtail":     {"functions/card", "functions/notify", "functions/webhook", "functions/webhook/wire"},
	"functions/onward": {
		"functions/alert", "functions/card", "functions/ledger", "functions/notify", "functions/webhook", "functions/webhook/wire",
		"adapters/kubeevent/wire", // the contract, as a sender
	},
	// channel knows every kind of channel, so that notify knows none.
	"functions/channel": {
		"functions/alert", "functions/card", "functions/dingtalk", "functions/email", "functions/feishu", "functions/feishuapp", "functions/longtail", "functions/notify",
		"functions/ntfy", "functions/onward", "functions/slack", "functions/telegram", "functions/webhook", "functions/wecom",
	},
	// notify is the only package that knows both sides of the POST, and of
	// the adapters only the contract, of which the token is a part.
	"functions/notify": {"functions/alert", "functions/card", "functions/feishu", "functions/ledger", "adapters/kubeevent/wire", "adapters/token"},
}

// onlyIn names libraries that may be imported in one place alone.
var onlyIn = map[string]string{
	"k8s.io/client-go/":         "adapters/apiserver",
	"go.etcd.io/bbolt":          "functions/ledger",
	"github.com/labstack/echo/": "functions/notify adapters/auditwebhook cmd",

	// It is for one build alone.
	"github.com/nicholas-fedor/shoutrrr": "functions/longtail",
}

// onlyBy names packages that start programs or talk to a real control plane,
// and who may import them: never what is shipped. Tests may, too.
var onlyBy = map[string][]string{
	"k3s/realcluster": {"k3s/bench", "k3s/chaos"},
	"k3s/process":     {"k3s/bench", "k3s/chaos", "k3s/realcluster", "cmd/internal/demo"},
}

func TestImportTable(t *testing.T) {
	seen := map[string]bool{}
	for file, imports := range imports(t) {
		pkg := filepath.ToSlash(filepath.Dir(file))
		seen[pkg] = true
		for _, path := range imports {
			checkLibrary(t, file, pkg, path)
			ours, ok := strings.CutPrefix(path, module)
			if by, closed := onlyBy[ours]; closed && !slices.Contains(by, pkg) {
				t.Errorf("%s imports %s, which only %v may", file, ours, by)
			}
			if !ok || free(pkg) || strings.HasPrefix(ours, pkg+"/") {
				continue
			}
			if !slices.Contains(allowed[pkg], ours) {
				t.Errorf("%s imports %s; %s may import of ours only %v", file, ours, pkg, allowed[pkg])
			}
			if strings.HasPrefix(ours, "cmd/") {
				t.Errorf("%s imports %s: nobody imports cmd", file, ours)
			}
		}
	}
	for _, pkg := range slices.Concat(slices.Collect(maps.Keys(allowed)), slices.Collect(maps.Keys(onlyBy))) {
		if !seen[pkg] {
			t.Errorf("the table names %s, which is not there", pkg)
		}
	}
}

// free are the packages that wire and the stand-ins that tests and
// demonstrations run.
func free(pkg string) bool {
	return pkg == "cmd" || strings.HasPrefix(pkg, "cmd/") || strings.HasPrefix(pkg, "k3s") ||
		strings.HasSuffix(pkg, "test") || strings.Contains(pkg, "test/")
}

func checkLibrary(t *testing.T, file, pkg, path string) {
	t.Helper()
	for lib, where := range onlyIn {
		if !strings.HasPrefix(path, lib) || free(pkg) {
			continue
		}
		if !slices.ContainsFunc(strings.Fields(where), func(w string) bool { return pkg == w || strings.HasPrefix(pkg, w+"/") }) {
			t.Errorf("%s imports %s, which only %s may", file, path, where)
		}
	}
}

// imports reads the imports of every file of this module that is not a test.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	root, out := "..", map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && (strings.HasPrefix(d.Name(), ".") || hasGoMod(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		out[rel] = []string{}
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[rel] = append(out[rel], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d files found: the test looks in the wrong place", len(out))
	}
	return out
}

// hasGoMod says that dir is another module, or generated by one.
func hasGoMod(dir string) bool {
	matches, _ := filepath.Glob(filepath.Join(dir, "go.mod"))
	return len(matches) > 0
}

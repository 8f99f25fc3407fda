package card

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// TestCauses holds that every reason the ledger may give, in the constants
// named Gap* and Dropped*, has words here. Neither package imports the other.
func TestCauses(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../ledger/notice.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		name := strings.ToLower(spec.Names[0].Name)
		value, ok := spec.Values[0].(*ast.BasicLit)
		if !ok || value.Kind != token.STRING || !strings.HasPrefix(name, "gap") && !strings.HasPrefix(name, "dropped") {
			return true
		}
		key, err := strconv.Unquote(value.Value)
		if err != nil {
			t.Fatal(err)
		}
		found++
		if c := causes[key]; !hasHan(c[0]) || c[1] == "" || hasHan(c[1]) {
			t.Errorf("%s = %q has no words in both languages", spec.Names[0].Name, key)
		}
		return true
	})
	if found < 5 {
		t.Errorf("%d reasons found in the ledger's notice.go, want at least 5", found)
	}
}

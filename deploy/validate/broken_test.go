package validate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/deploy/validate/check"
)

// Each file in testdata/broken has one thing wrong; its first line says what
// the check has to answer.
func TestBrokenManifestsAreCaught(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d broken manifests found: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(raw), "\n")
			want, ok := strings.CutPrefix(first, "# want: ")
			if !ok {
				t.Fatal("first line does not say what is wanted")
			}
			var all []string
			for _, p := range check.All(raw, against(t)) {
				all = append(all, p.String())
			}
			if !strings.Contains(strings.Join(all, "\n"), want) {
				t.Errorf("no problem says %q; found:\n%s", want, strings.Join(all, "\n"))
			}
		})
	}
}

// Without this, a check that always complains would pass the test above.
func TestGoodManifestPasses(t *testing.T) {
	raw, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	expectNone(t, check.All(raw, against(t)))
}

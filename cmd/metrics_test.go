package cmd_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var metricName = regexp.MustCompile(`edgebell_[a-z_]+`)

// TestMonitoringNamesRealMetrics wants every metric of the alert rules and the
// dashboard to be one that a program writes.
func TestMonitoringNamesRealMetrics(t *testing.T) {
	written := map[string]bool{}
	for _, root := range []string{"../adapters", "../functions", "../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, name := range metricName.FindAllString(string(raw), -1) {
				written[name] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const folder = "../deploy/components/monitoring/"
	for _, file := range []string{"rules.yaml", "dashboard.json"} {
		raw, err := os.ReadFile(folder + file)
		if err != nil {
			t.Fatal(err)
		}
		names := metricName.FindAllString(string(raw), -1)
		if len(names) < 5 {
			t.Errorf("%s names only %d metrics", file, len(names))
		}
		for _, name := range names {
			if !written[name] {
				t.Errorf("%s names %s, which nothing writes", file, name)
			}
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(raw) {
			t.Errorf("%s is not JSON", file)
		}
	}
}

package webhook_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds the schema that receivers rely on: a changed field is seen
// as a diff.
func TestGolden(t *testing.T) {
	c := channel(t, webhook.Config{URL: "https://hooks.example/x"}, webhook.Options{})
	outs := webhooktest.Outgoings()
	digest := outs["digest"]
	digest.Groups = digest.Groups[:2]
	outs["digest"] = digest
	for name, o := range outs {
		parts, err := c.Render(0, o)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, parts[0].Payload, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		path := filepath.Join("testdata", name+".golden.json")
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

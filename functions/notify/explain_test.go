package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
)

// TestExplain holds what is said of each testdata/explain/*.json.
func TestExplain(t *testing.T) {
	cfg := testConfig(t)
	cfg.Conditions = alert.ConditionsConfig{
		Filter: "type=Warning; kind=Node,reason in (NodeNotReady)", FilterMessage: "!(?i)dry run",
		Mute: "reason=Unhealthy @ 22:00-07:00 or sat,sun; namespace=sandbox", MinCount: "reason=BackOff: 5 in 10m",
	}
	cfg.RepeatCritical = 10 * time.Minute
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	match := func(s string) alert.Filter {
		f, err := alert.ParseFilter(s)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	routes := []Route{
		{Name: "oncall", Kind: "slack", Prefix: "ROUTE_ONCALL_", Match: match("severity=critical"), Continue: true},
		{Name: "platform", Kind: "webhook", Prefix: "ROUTE_PLATFORM_", Match: match("kind=Node")},
		{Name: "default", Kind: "feishu", Match: alert.Everything()},
	}
	now := time.Date(2026, 11, 24, 15, 30, 0, 0, time.UTC) // 23:30 in Shanghai
	files, err := filepath.Glob("testdata/explain/*.json")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d inputs, error %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Explain(cfg, routes, raw, now)
		if err != nil {
			got += "error: " + err.Error() + "\n"
		}
		golden := strings.TrimSuffix(file, ".json") + ".golden.txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestExplainOnOneRoute(t *testing.T) {
	cfg := testConfig(t)
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	raw := []byte(`{"metadata":{"name":"a","uid":"u"},"involvedObject":{"kind":"Pod","name":"a"},"type":"Warning","reason":"Failed"}`)
	got, err := Explain(cfg, []Route{{Name: "default", Kind: "feishu", Match: alert.Everything()}}, raw, time.Now())
	if err != nil || !strings.Contains(got, "route default (feishu): takes it, as the only one\n") {
		t.Errorf("says %s, error %v", got, err)
	}
	if _, err := Explain(cfg, nil, nil, time.Now()); err == nil || !strings.Contains(err.Error(), "standard input is empty") {
		t.Errorf("error of nothing is %v", err)
	}
}

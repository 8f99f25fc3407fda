package validate

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"sigs.k8s.io/yaml"
)

const monitoring = deploy + "/components/monitoring/"

// ofFunction is the function's code, without tests.
func ofFunction(t *testing.T) string {
	t.Helper()
	var code strings.Builder
	files, _ := filepath.Glob(filepath.Join(repository, "functions/notify/*.go"))
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			code.WriteString(mustRead(t, f))
		}
	}
	return code.String()
}

// What the alerts ask for must be written by the code.
func TestAlertsNameRealMetrics(t *testing.T) {
	rules := mustRead(t, monitoring+"rules.yaml")
	names := regexp.MustCompile(`edgebell_[a-z_]+`).FindAllString(rules, -1)
	if len(names) == 0 {
		t.Fatal("no metric in the rules")
	}
	code := ofFunction(t)
	for _, n := range names {
		if !regexp.MustCompile("[\"`]" + n + "[\"`{]").MatchString(code) {
			t.Errorf("%s: the function writes no such metric", n)
		}
	}
}

// ofRoutes matches an expression that asks for a metric of which each route has
// its own.
func ofRoutes(t *testing.T) *regexp.Regexp {
	t.Helper()
	var names []string
	for _, m := range regexp.MustCompile(`series\("(edgebell_[a-z_]+)", "route"`).FindAllStringSubmatch(ofFunction(t), -1) {
		names = append(names, m[1])
	}
	if len(names) < 3 {
		t.Fatalf("only %v are written by route", names)
	}
	return regexp.MustCompile(`\b(` + strings.Join(names, "|") + `)\b`)
}

func TestAlertsNameTheRoute(t *testing.T) {
	var rules struct {
		Spec struct {
			Groups []struct {
				Rules []struct {
					Alert, Expr string
					Annotations map[string]string
				}
			}
		}
	}
	if err := yaml.Unmarshal([]byte(mustRead(t, monitoring+"rules.yaml")), &rules); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, r := range rules.Spec.Groups[0].Rules {
		one, none := expand(t, r.Annotations["summary"], "night"), expand(t, r.Annotations["summary"], "")
		if !ofRoutes(t).MatchString(r.Expr) {
			continue
		}
		found++
		if !strings.Contains(one, " of route night ") {
			t.Errorf("%s says %q with ROUTES, and not which route it is", r.Alert, one)
		}
		if strings.Contains(none, "route") || strings.Contains(none, "  ") {
			t.Errorf("%s says %q without ROUTES", r.Alert, none)
		}
	}
	if found == 0 {
		t.Error("no alert asks for a metric of routes")
	}
}

// expand fills in a summary as Prometheus does: a label that is missing is empty.
func expand(t *testing.T, summary, route string) string {
	t.Helper()
	labels := map[string]string{"reason": "r", "source": "s", "origin": "o"}
	if route != "" {
		labels["route"] = route
	}
	parsed, err := template.New("").Option("missingkey=zero").Parse("{{ $labels := . }}" + summary)
	if err != nil {
		t.Fatalf("summary %q: %v", summary, err)
	}
	var out strings.Builder
	if err := parsed.Execute(&out, labels); err != nil {
		t.Fatalf("summary %q: %v", summary, err)
	}
	return out.String()
}

func TestDashboardNamesTheRoute(t *testing.T) {
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal([]byte(mustRead(t, monitoring+"dashboard.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	metrics, found := ofRoutes(t), 0
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			if !metrics.MatchString(target.Expr) {
				continue
			}
			found++
			if !strings.Contains(target.LegendFormat, "{{route}}") {
				t.Errorf("panel %q: lines of several routes are all called %q", p.Title, target.LegendFormat)
			}
		}
	}
	if found == 0 {
		t.Error("no panel shows a metric of routes")
	}
}

package card

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
)

const (
	testRunbook   = "https://wiki.example/runbooks/{{.Reason}}?node={{.Node}}"
	testDashboard = "https://grafana.example/d/k8s?var-ns={{.Namespace}}&var-name={{.Name}}&from={{.FirstMs}}"
)

func TestGoldenLinks(t *testing.T) {
	for _, language := range languages {
		r, err := New(Config{Language: language, RunbookURL: testRunbook, DashboardURL: testDashboard}, Options{Keyword: "edgebell", Cluster: testCluster})
		if err != nil {
			t.Fatal(err)
		}
		for _, schema := range schemas {
			msg, err := r.Single(schema, storyOf(t, "backoff-limit-exceeded"))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := json.Indent(&out, msg.Payload, "", " "); err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", "with-links."+string(schema)+"."+language+".golden.json"), out.String()+"\n")
		}
	}
}

func TestLinkTemplates(t *testing.T) {
	a := alert.Alert{Namespace: "shop", Kind: "Pod", Name: "web-0", Reason: "Back Off/x", Node: "pi-1"}
	for _, tc := range []struct{ raw, want, err string }{
		{"https://w.example/{{.Namespace}}/{{.Reason}}", "https://w.example/shop/Back%20Off%2Fx", ""},
		{"https://w.example/?q={{.Reason}}&k={{.Kind}}", "https://w.example/?q=Back+Off%2Fx&k=Pod", ""},
		{"https://w.example/{{if .Node}}node/{{.Node}}{{else}}ns{{end}}#{{.Name}}", "https://w.example/node/pi-1#web-0", ""},
		{"https://w.example:8443/x", "https://w.example:8443/x", ""},
		{"http://w.example/", "", "must begin with https:// and a host"},
		{"https://w.example", "", "must have a / behind its host"},
		{"https://{{.Namespace}}.example/", "", "must have a / behind its host"},
		{"https://user:pass@w.example/", "", "without user and password"},
		{"https:///x", "", "must be a host name"},
		{"{{.Message}}", "", "character 3: there is no .Message, but .Cluster"},
		{"https://w.example/{{.Nmae}}", "", "character 21: there is no .Nmae"},
		{"https://w.example/{{.Name", "", "unclosed action"},
		{"https://w.example/a b", "", "must be written in ASCII"},
		{"https://w.example/手册", "", "must be written in ASCII"},
		{"https://w.example/../{{.Name}}", "", "must not hold . or .."},
		{"javascript:alert(1)", "", "must begin with https://"},
	} {
		l, err := parseLink(tc.raw)
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want %s", tc.raw, err, tc.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.raw, err)
			continue
		}
		if got, err := l.expand(alert.Group{Newest: a}); err != nil || got != tc.want {
			t.Errorf("%s = %s, %v, want %s", tc.raw, got, err, tc.want)
		}
	}
}

// TestHostileNamesDoNotMoveALink fills the gaps with what an Event may hold.
func TestHostileNamesDoNotMoveALink(t *testing.T) {
	r, err := New(Config{RunbookURL: "https://w.example/r/{{.Namespace}}{{.Name}}/x?q={{.Reason}}"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"..":             "", // a client would read it as the folder above
		"../../admin":    "",
		"@evil.example/": "https://w.example/r/@evil.example%2F/x?q=",
		"a?b#c&d":        "https://w.example/r/a%3Fb%23c&d/x?q=",
		"\"><script>":    "https://w.example/r/%22%3E%3Cscript%3E/x?q=",
		"名字":             "https://w.example/r/%E5%90%8D%E5%AD%97/x?q=",
		"a\nb\x1b[31m":   "https://w.example/r/a%20b/x?q=",
	} {
		got := ""
		if links := r.links(alert.Group{Newest: alert.Alert{Kind: "Pod", Name: name}}); len(links) > 0 {
			got = links[0].URL
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
}

func TestConfigNamesBadLinks(t *testing.T) {
	err := Config{RunbookURL: "ftp://x", DashboardURL: "https://g.example/{{.What}}"}.Validate()
	if err == nil || !strings.Contains(err.Error(), "RUNBOOK_URL: must begin") || !strings.Contains(err.Error(), "DASHBOARD_URL: character 21: there is no .What") {
		t.Errorf("error is %v", err)
	}
}

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

const testCustom = `{
  "schema": "2.0",
  "config": {"summary": {"content": "{{.Mark}} {{.What}}"}},
  "header": {
    "template": "{{if eq .Severity \"critical\"}}carmine{{else}}{{.Color}}{{end}}",
    "title": {"tag": "plain_text", "content": "{{.Kind}} {{.Name}}: {{.Reason}}"}
  },
  "body": {"elements": [
    {"tag": "markdown", "content": "**On call: desk 7**"},
    {"tag": "div", "text": {"tag": "plain_text", "content": "{{.Times}}\n{{.Message}}", "lines": 8}},
    {"tag": "div", "text": {"tag": "plain_text", "content": "{{range $i, $o := .Objects}}{{if $i}}, {{end}}{{$o.Name}} x{{$o.Count}}{{end}}"}},
    {"tag": "div", "text": {"tag": "plain_text", "content": "{{.Late}}"}},
    {"tag": "button", "text": {"tag": "plain_text", "content": "Runbook"}, "behaviors": [{"type": "open_url", "default_url": "{{.Runbook}}"}]},
    {"tag": "button", "text": {"tag": "plain_text", "content": "Logs"}, "behaviors": [{"type": "open_url", "default_url": "https://logs.example/q?ns={{.Namespace}}&pod={{.Name}}"}]},
    {"tag": "div", "text": {"tag": "plain_text", "content": "id {{.ID}} · {{.Keyword}}"}}
  ]}
}`

func customRenderer(t *testing.T, cfg Config) *Renderer {
	t.Helper()
	r, err := New(cfg, Options{Keyword: "edgebell", Cluster: testCluster})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGoldenCustom(t *testing.T) {
	for name, cfg := range map[string]Config{
		"with-links-custom":        {Template: testCustom, RunbookURL: testRunbook, Language: "en"},
		"with-links-custom-no-url": {Template: testCustom},
	} {
		msg, err := customRenderer(t, cfg).Single(Custom, storyOf(t, "backoff-limit-exceeded"))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := json.Indent(&out, msg.Payload, "", " "); err != nil {
			t.Fatal(err)
		}
		compare(t, filepath.Join("testdata", name+".2.0.golden.json"), out.String()+"\n")
	}
}

// TestNoTextBreaksTheCustomCard puts what breaks JSON written by hand, and what
// is live in markup, into every field.
func TestNoTextBreaksTheCustomCard(t *testing.T) {
	r := customRenderer(t, Config{Template: testCustom, RunbookURL: testRunbook})
	for _, evil := range []string{
		`"},{"tag":"markdown","content":"<at id=all></at>"}`, "a\"b\\c\nd\te\x00\x1b[31m", "<at id=all></at>", "{{.Keyword}}{{", "\u202e\u2028",
		"https://evil.example/", "javascript:alert(1)", strings.Repeat("<", 9000), strings.Repeat("\\\"", 9000), "\xff\xfe", "..",
	} {
		a := alert.Alert{Cluster: evil, Namespace: evil, Kind: evil, Name: evil, Type: evil, Reason: evil, Component: evil, Node: evil, Message: evil, Count: 1}
		g := alert.NewGroup(a)
		g.Add(a, 1)
		msg, err := r.Single(Custom, Story{Group: g, Route: "default"})
		if err != nil {
			t.Errorf("%.30q: %v", evil, err)
			continue
		}
		if len(msg.Payload) > maxPayload {
			t.Errorf("%.30q: %d bytes", evil, len(msg.Payload))
		}
		checkCustom(t, msg.Payload)
	}
}

func checkCustom(t *testing.T, payload []byte) {
	t.Helper()
	var root struct {
		Body struct {
			Elements []map[string]any `json:"elements"`
		} `json:"body"`
	}
	if err := json.Unmarshal(payload, &root); err != nil {
		t.Fatalf("%v\n%s", err, payload)
	}
	markdown := 0
	for _, e := range root.Body.Elements {
		if e["tag"] == "markdown" {
			markdown++
		}
	}
	if n := bytes.Count(bytes.ToLower(payload), []byte("<at")); markdown != 1 || n != 0 {
		t.Errorf("%d markdown nodes, %d mentions, want the operator's one and none: %s", markdown, n, payload)
	}
	if bytes.Contains(payload, []byte(`_url":"https://evil`)) || bytes.Contains(payload, []byte(`"javascript`)) && bytes.Contains(payload, []byte(`_url":"javascript`)) {
		t.Errorf("a link leads astray: %s", payload)
	}
}

func TestWrongCustomCards(t *testing.T) {
	el := func(s string) string { return "{\"elements\": [\n\n" + s + "\n]}" }
	div := func(s string) string { return el(`{"tag":"div","text":{"tag":"plain_text","content":"` + s + `"}}`) }
	for _, tc := range []struct{ src, want string }{
		{"{", "line 1: ends before the card's closing brace"},
		{"{\n\"a\": }", "line 2: invalid character '}'"},
		{"{\n}\n{}", "line 3: goes on behind"},
		{"[]", "line 1: must be a JSON object"},
		{"{\n\"a\":1,\n\"a\":2}", "line 3: key a stands twice"},
		{div("{{.Mesage}}"), "line 3: there is no .Mesage, but .Cluster, .Color"},
		{div("{{.Message"), "line 3: unclosed action"},
		{div("{{if .Node}}"), "line 3: unexpected EOF"},
		{div("{{shout .Node}}"), `line 3: function "shout" not defined`},
		{div("{{(index .Objects 0).Name}}"), "line 3: line 1: function \"index\": 0 is beyond a list of 0"},
		{div("{{range .Name}}{{end}}"), "range is over a text"},
		{el(`{"tag":"markdown","content":"{{.Message}}"}`), "line 3: values must not stand in markdown"},
		{el(`{"tag":"div","text":{"tag":"lark_md","content":"{{.Name}}"}}`), "line 3: values must not stand in lark_md"},
		{el(`{"tag":"person","user_id":"{{.Name}}"}`), `line 3: values must not stand in "user_id"`},
		{el(`{"tag":"img","img_key":"{{.Name}}"}`), `line 3: values must not stand in "img_key"`},
		{el(`{"tag":"button","url":"{{.Message}}"}`), "must begin with https:// and a host, or with {{.Runbook}}"},
		{el(`{"tag":"button","url":"http://x/{{.Name}}"}`), "line 3: must begin with https:// and a host"},
		{el(`{"tag":"button","url":"https://{{.Name}}/"}`), "line 3: must have a / behind its host"},
		{`{"header":{"template":"{{.Message}}"},"elements":[]}`, "line 1: must become a word such as red"},
		{strings.Repeat("[", 60), "nested too deep"},
	} {
		err := Config{Template: tc.src}.Validate()
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "CARD_TEMPLATE") {
			t.Errorf("%s:\n%v, want %s", tc.src, err, tc.want)
		}
	}
}

func TestCustomNeedsTheKeyword(t *testing.T) {
	_, err := New(Config{Template: `{"elements":[{"tag":"div","text":{"tag":"plain_text","content":"{{.What}}"}}]}`}, Options{Keyword: "bell"})
	if err == nil || !strings.Contains(err.Error(), "CARD_TEMPLATE lacks FEISHU_KEYWORD") {
		t.Errorf("error is %v", err)
	}
}

func TestForms(t *testing.T) {
	for _, tc := range []struct {
		cfg  Config
		want []Schema
	}{
		{Config{}, []Schema{V2, V1, Post}},
		{Config{Schema: V1}, []Schema{V1, Post}},
		{Config{Schema: V1, Template: testCustom}, []Schema{Custom, V1, Post}},
	} {
		if diff := cmp.Diff(tc.want, customRenderer(t, tc.cfg).Forms()); diff != "" {
			t.Errorf("forms (-want +got):\n%s", diff)
		}
	}
}

package template

import (
	"errors"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
)

var data = map[string]any{
	"Name": "web-0", "Count": int64(17), "Late": false, "Empty": "", "Node": "pi-1",
	"Objects": []any{
		map[string]any{"Name": "a", "Count": int64(3)},
		map[string]any{"Name": "b", "Count": int64(1)},
	},
	"None": []any{},
}

var names = []string{"Name", "Count", "Late", "Empty", "Node", "Objects", "None"}

func plainly(_, v string) (string, error) { return v, nil }

// TestLikeTextTemplate holds that the same template prints the same as the
// standard library's.
func TestLikeTextTemplate(t *testing.T) {
	for _, text := range []string{
		"", "plain", "{{.Name}}", "{{ .Name }} x{{.Count}}", "a {{- .Name -}} b", "{{/* note */}}x",
		"{{if .Late}}late{{else}}in time{{end}}", "{{if .Empty}}a{{else if .Name}}b{{end}}",
		"{{with .Node}}on {{.}}{{end}}", "{{with .Empty}}x{{else}}none{{end}}", "{{with .Empty}}x{{else with .Node}}{{.}}{{end}}",
		"{{range .Objects}}{{.Name}}={{.Count}} of {{$.Count}};{{end}}",
		"{{range $i, $o := .Objects}}{{if $i}}, {{end}}{{$i}}:{{$o.Name}}{{end}}",
		"{{range $o := .Objects}}{{$o.Name}}{{end}}", "{{range .None}}x{{else}}nobody{{end}}",
		"{{range .Objects}}{{if eq .Name \"b\"}}{{break}}{{end}}{{.Name}}{{end}}",
		"{{range .Objects}}{{if eq .Name \"a\"}}{{continue}}{{end}}{{.Name}}{{end}}",
		"{{$x := .Name}}{{if .Count}}{{$x = .Node}}{{end}}{{$x}}",
		"{{$x := 1}}{{range .Objects}}{{$x := .Count}}{{$x}}{{end}}{{$x}}",
		"{{eq .Name \"web-0\"}} {{ne .Count 17}} {{lt .Count 18}} {{le .Count 17}} {{gt .Count 18}} {{ge .Count 17}}",
		"{{eq .Name \"x\" \"web-0\"}} {{not .Late}} {{len .Name}} {{len .Objects}}",
		"{{and .Name .Count}} {{or .Empty .Node}} {{and .Empty (index .None 0)}}",
		"{{(index .Objects 1).Name}} {{index .Objects 0 | printf \"%v\" | len}}",
		"{{printf \"%s-%03d\" .Name .Count}} {{.Name | printf \"%q\"}} {{print .Name 1 2}} {{println .Count}}",
		"{{\"a b&c\" | urlquery}} {{1}} {{true}} {{1.5}} {{'a'}} {{`raw`}}",
		"{{define \"x\"}}[{{.}}]{{end}}{{template \"x\" .Name}}{{template \"x\" .Count}}",
		"{{block \"b\" .Node}}<{{.}}>{{end}}",
	} {
		var want strings.Builder
		if err := template.Must(template.New("t").Parse(text)).Execute(&want, data); err != nil {
			t.Fatal(err)
		}
		tmpl, err := Parse(text, names)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := tmpl.Execute(data, plainly)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want.String(), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestOwnFunctions(t *testing.T) {
	tmpl, err := Parse(`{{upper .Name}} {{lower "ÄB"}} {{trunc 2 "中文字"}} {{.Node | trunc 9}}`, names)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tmpl.Execute(data, plainly)
	if want := "WEB-0 äb 中文… pi-1"; err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestWrongTemplates(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		line       int
	}{
		{"a\n{{.Nam}}", "there is no .Nam, but .Count, .Empty, .Late, .Name", 2},
		{"{{if false}}{{$.Nam}}{{end}}", "there is no .Nam", 1},
		{"{{(index .Objects 0).Nam}}", "there is no .Nam", 1},
		{"{{.Name", "unclosed action", 1},
		{"\n\n{{if .Name}}", "unexpected EOF", 3},
		{"{{nofunc .Name}}", `function "nofunc" not defined`, 1},
		{"{{call .Name}}", `function "call" not defined`, 1},
		{"{{end}}", "unexpected {{end}}", 1},
		{"{{$x}}", `undefined variable "$x"`, 1},
		// These are seen when they run.
		{"x\n{{range .Name}}{{end}}", "range is over a text: must be over a list", 2},
		{"{{.Name.Count}}", "text has no .Count", 1},
		{"{{index .Objects 7}}", "7 is beyond a list of 2", 1},
		{"{{lt .Name 3}}", "a text cannot be compared with a number", 1},
		{"{{.Name 3}}", "is not a function", 1},
		{`{{template "x"}}`, `template "x" is not defined`, 1},
		{`{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`, "too deep", 1},
		{`{{define "x"}}{{range $.Objects}}{{template "x" $}}{{template "x" $}}{{end}}{{end}}{{template "x" .}}`, "too", 1},
		{`{{not}}{{and}}`, "takes one argument", 1},
		{`{{nil}}`, "nil is not a value", 1},
	} {
		tmpl, err := Parse(tc.text, names)
		if err == nil {
			_, err = tmpl.Execute(data, plainly)
		}
		var e *Error
		if !errors.As(err, &e) || e.Line != tc.line || !strings.Contains(e.Reason, tc.want) {
			t.Errorf("%s: %v, want line %d: %s", tc.text, err, tc.line, tc.want)
		}
	}
}

func TestEscapeSeesWhatIsWritten(t *testing.T) {
	tmpl, err := Parse(`{{.Name}}/{{with .Node}}{{.}}{{end}}`, names)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	_, err = tmpl.Execute(data, func(written, v string) (string, error) {
		seen = append(seen, written+"|"+v)
		return v, nil
	})
	if diff := cmp.Diff([]string{"|web-0", "web-0/|pi-1"}, seen); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("{{range .Objects}}{{.Name}}{{end}}")
	f.Add("{{$x := .Name}}{{with $x}}{{.}}{{else}}{{template \"a\"}}{{end}}")
	f.Fuzz(func(t *testing.T, text string) {
		tmpl, err := Parse(text, names)
		if err != nil {
			return
		}
		if out, err := tmpl.Execute(data, plainly); err == nil && len(out) > 2*maxOutput+len(text) {
			t.Errorf("%d bytes", len(out))
		}
	})
}

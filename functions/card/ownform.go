package card

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// formFields are the values that a ParseForm template may use.
var formFields = []string{
	"Topic", "ID", "Color", "Mark", "Title", "Subtitle", "Summary", "Headline", "Message", "Hint", "Notices",
	"Rows", "Details", "Command", "Footer", "Text", "Runbook", "Dashboard", "More",
	"Stories", "State", "Severity", "Cluster", "Namespace", "Kind", "Name", "Node", "Reason", "Type", "Component",
	"Count", "New", "First", "Last", "Objects", "MoreObjects",
}

// ParseForm makes a Form of a JSON object whose texts are Go templates, for a
// reader that is a program: all messages take it, digests and signs of life
// too. The JSON is read first and written last, so no value can break out of
// the text that it stands in. .Text is the whole message; a story's own values
// (.Reason, .Namespace ...) are those of the first of .Stories, and empty
// where there is none. An element of a list whose text comes out empty is left
// out.
func ParseForm(src string) (Form, error) {
	if strings.TrimSpace(src) == "" {
		return nil, errors.New("is empty")
	}
	if len(src) > maxCustom {
		return nil, fmt.Errorf("is %d bytes long: must be at most %d", len(src), maxCustom)
	}
	c, err := parseTemplate(&customParser{src: src, fields: formFields, free: true})
	if err != nil {
		return nil, err
	}
	for _, v := range exampleViews() { // a mistake is to be seen at start
		f := viewFilling(v)
		f.strict = true
		if _, err := c.render(f); err != nil {
			return nil, err
		}
	}
	return func(v View) (Message, error) {
		raw, err := c.render(viewFilling(v))
		if err != nil {
			return Message{}, fmt.Errorf("fill template: %w", err)
		}
		return Message{MsgType: "template", Payload: raw}, nil
	}, nil
}

func viewFilling(v View) filling {
	f := filling{data: map[string]any{
		"Topic": v.Topic, "ID": v.ID, "Color": v.Color, "Mark": v.Mark, "Title": v.Title, "Subtitle": v.Subtitle,
		"Summary": v.Summary, "Headline": v.Headline, "Message": v.Message, "Hint": v.Hint, "Notices": v.Notices,
		"Rows": texts(v.Rows), "Details": v.Details, "Command": v.Command, "Footer": v.Footer,
		"Text": v.Text(), "Runbook": "", "Dashboard": "", "More": int64(v.More),
	}}
	var first Told
	var stories []any
	for i, t := range v.Stories {
		if i == 0 {
			first = t
		}
		stories = append(stories, toldData(t))
	}
	f.data["Stories"] = stories
	for key, value := range toldData(first) {
		if _, taken := f.data[key]; !taken {
			f.data[key] = value
		}
	}
	for _, l := range v.Links {
		key := "Runbook"
		if l.Dashboard {
			key = "Dashboard"
		}
		f.data[key] = l.URL
		if u, err := url.Parse(l.URL); err == nil {
			f.hosts = append(f.hosts, u.Host)
		}
	}
	return f
}

func toldData(t Told) map[string]any {
	var objects []any
	for _, o := range t.Objects {
		objects = append(objects, map[string]any{"Name": o.Name, "Count": o.Count})
	}
	return map[string]any{
		"ID": t.ID, "State": t.State, "Severity": t.Severity, "Cluster": t.Cluster, "Namespace": t.Namespace,
		"Kind": t.Kind, "Name": t.Name, "Node": t.Node, "Reason": t.Reason, "Type": t.Type, "Component": t.Component,
		"Message": t.Message, "Count": t.Count, "New": t.New, "First": rfc3339(t.First), "Last": rfc3339(t.Last),
		"Objects": objects, "MoreObjects": t.MoreObjects,
	}
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func texts(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}

// Text is all that the view says, a paragraph each; for readers of plain text.
func (v View) Text() string {
	parts := append([]string{strings.TrimSpace(v.Mark + " " + v.Title), v.Body()}, v.Command)
	for _, l := range v.Links {
		parts = append(parts, l.Text+" "+l.URL)
	}
	return joinLines(append(parts, joinDots(v.Subtitle, v.Footer))...)
}

// Body is what stands between title and command.
func (v View) Body() string {
	return join("\n\n", []string{
		v.Headline, v.Message, v.Hint, v.Notices, join("\n\n", v.Rows), v.Details,
	})
}

func exampleViews() []View {
	at := time.Date(2026, 11, 24, 2, 14, 0, 0, time.UTC)
	told := Told{
		ID: "1a2b3c4d", State: "firing", Severity: "warning", Cluster: "pi", Namespace: "shop", Kind: "Pod", Name: "web-0",
		Node: "pi-1", Reason: "BackOff", Type: "Warning", Component: "kubelet", Message: "Back-off restarting failed container",
		Count: 3, New: 1, First: at, Last: at.Add(time.Hour), Objects: []ToldObject{{"web-0", 3}},
	}
	v := View{Topic: TopicStory, ID: told.ID, Color: "orange", Mark: "🟠", Title: "BackOff · Pod shop/web-0", Headline: "BackOff · 3×", Message: told.Message, Footer: "id 1a2b3c4d"}
	v.Stories = []Told{told}
	d := View{Topic: TopicDigest, ID: told.ID, Color: "orange", Mark: "🟠", Title: "2 stories", Rows: []string{"one", "two"}, Stories: []Told{told, told}}
	return []View{v, d, {Topic: TopicTest, Color: "blue", Mark: "🔵", Title: "test", Headline: "It works."}}
}

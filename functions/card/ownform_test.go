package card

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
)

func formRenderer(t *testing.T, f Form) *Renderer {
	t.Helper()
	r, err := New(Config{Language: "en", Timezone: "UTC", RunbookURL: "https://wiki.example/{{.Reason}}"},
		Options{Forms: []Form{f}, Cluster: "pi", MaxBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func hostileGroup(name string) alert.Group {
	a := alert.Alert{
		Namespace: "shop", Kind: "Pod", Name: name, Type: "Warning", Reason: "Failed", Node: "pi-1",
		Message: "\"},{\"x\":\"{{.ID}} \x1b[31m@everyone\u202e\n" + name, Count: 1, First: time.Unix(0, 0), Last: time.Unix(60, 0),
	}
	g := alert.NewGroup(a)
	g.Add(a, 2)
	return g
}

func TestParseForm(t *testing.T) {
	form, err := ParseForm(`{
		"content": "{{.Text}}", "type": "{{.Type}}/{{.Topic}}", "n": 1,
		"who": "{{.Namespace}}/{{.Name}} {{.Count}}", "list": ["{{range .Stories}}{{.Reason}};{{end}}", "{{.Hint}}"],
		"url": "{{.Runbook}}", "allowed_mentions": {"parse": []}}`)
	if err != nil {
		t.Fatal(err)
	}
	r := formRenderer(t, form)
	fill := func(msg Message, err error) map[string]any {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(msg.Payload, &got); err != nil {
			t.Fatalf("%v in %s", err, msg.Payload)
		}
		return got
	}
	got := fill(r.Single(Native(0), Story{Group: hostileGroup("web-0"), SentAt: time.Unix(60, 0)}))
	text := got["content"].(string)
	delete(got, "content")
	want := map[string]any{
		"type": "Warning/story", "n": 1.0, "who": "shop/web-0 2", "list": []any{"Failed;", "Usually: a wrong command, mount, or a missing ConfigMap or Secret"},
		"url": "https://wiki.example/Failed", "allowed_mentions": map[string]any{"parse": []any{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
	if !strings.Contains(text, `"},{"x":"{{.ID}} @everyone`) || strings.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("text is %q", text)
	}
	got = fill(r.Test(Native(0), Test{SentAt: time.Unix(60, 0)}))
	if got["type"] != "/test" || got["who"] != "/ 0" || got["content"] == "" {
		t.Errorf("test message is %v", got)
	}
	groups := []alert.Group{hostileGroup("a"), hostileGroup("b")}
	parts, err := r.Digest(Native(0), Digest{Groups: groups, SentAt: time.Unix(60, 0)})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	// Without a hint there is no element for it.
	if got := fill(parts[0].Message, nil); got["type"] != "Warning/digest" || cmp.Diff([]any{"Failed;Failed;"}, got["list"]) != "" {
		t.Errorf("digest is %v", got)
	}
}

func TestParseFormRefuses(t *testing.T) {
	for src, want := range map[string]string{
		"":                              "is empty",
		"[1]":                           "line 1: must be a JSON object",
		"{\n\"a\": \"{{.Reson}}\"}":     "line 2: ",
		"{\n\"url\": \"{{.Message}}\"}": "must begin with https://",
		`{"a": "` + strings.Repeat("x", maxCustom) + `"}`: "must be at most",
		`{"a": 1, "a": 2}`: `key a stands twice`,
	} {
		if _, err := ParseForm(src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error is %v, want %q", src, err, want)
		}
	}
}

// TestSize: a channel that counts otherwise than in bytes says so.
func TestSize(t *testing.T) {
	const most = 900 // characters
	form := func(v View) (Message, error) {
		raw, err := json.Marshal(v.Text())
		return Message{MsgType: "text", Payload: raw, Size: len([]rune(v.Text()))}, err
	}
	r, err := New(Config{Language: "en", Timezone: "UTC"}, Options{Forms: []Form{form}, MaxBytes: most})
	if err != nil {
		t.Fatal(err)
	}
	g := hostileGroup("web-0")
	g.Newest.Message = strings.Repeat("内存", 2000)
	msg, err := r.Single(Native(0), Story{Group: g, SentAt: time.Unix(60, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if msg.Size > most || msg.Size < most/2 || len(msg.Payload) < most {
		t.Errorf("%d characters in %d bytes, want up to %d characters", msg.Size, len(msg.Payload), most)
	}
}

// TestStoriesAsData: what a form gets as data is what the message tells.
func TestStoriesAsData(t *testing.T) {
	var seen View
	r := formRenderer(t, func(v View) (Message, error) {
		seen = v
		return Message{Payload: json.RawMessage("{}")}, nil
	})
	g := hostileGroup("web-0")
	if _, err := r.Single(Native(0), Story{Group: g, Related: []alert.Group{hostileGroup("web-1")}, Route: "x", SentAt: time.Unix(60, 0)}); err != nil {
		t.Fatal(err)
	}
	want := Told{
		ID: g.ShortID("x"), State: "firing", Severity: "warning", Cluster: "pi", Namespace: "shop", Kind: "Pod", Name: "web-0",
		Node: "pi-1", Reason: "Failed", Type: "Warning", Message: "\"},{\"x\":\"{{.ID}} @everyone\nweb-0", Count: 2, New: 2,
		First: time.Unix(0, 0), Last: time.Unix(60, 0),
	}
	if len(seen.Stories) != 2 || seen.Topic != TopicStory || seen.ID != want.ID {
		t.Fatalf("view is %+v", seen)
	}
	if diff := cmp.Diff(want, seen.Stories[0]); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
	var many []alert.Group
	for range maxNamed + 7 {
		many = append(many, hostileGroup("web"))
	}
	if _, err := r.Digest(Native(0), Digest{Groups: many, SentAt: time.Unix(60, 0)}); err != nil {
		t.Fatal(err)
	}
	if len(seen.Stories) != maxNamed || seen.More != 7 || seen.Topic != TopicDigest || seen.ID == "" {
		t.Errorf("a digest has %d stories and %d more, topic %q, id %q", len(seen.Stories), seen.More, seen.Topic, seen.ID)
	}
}

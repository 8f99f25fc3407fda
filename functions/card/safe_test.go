package card

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// checkSafe holds what is true of every message: valid JSON in UTF-8, small
// enough, of known nodes only, text in plain nodes only, without controls,
// invisible characters or mentions, and with the keyword where a bot looks
// for it.
func checkSafe(t *testing.T, schema Schema, msg Message) {
	t.Helper()
	wantType := "interactive"
	if schema == Post {
		wantType = "post"
	}
	if msg.MsgType != wantType {
		t.Errorf("MsgType = %q, want %q", msg.MsgType, wantType)
	}
	if n := len(msg.Payload); n > maxPayload {
		t.Errorf("payload of %d bytes, want at most %d", n, maxPayload)
	}
	if !utf8.Valid(msg.Payload) {
		t.Error("payload is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(msg.Payload))
	var root any
	if err := dec.Decode(&root); err != nil || dec.More() {
		t.Fatalf("payload is not one JSON value: %v\n%s", err, msg.Payload)
	}
	w := walk{t: t, tags: tagsOf[schema]}
	w.visit(root)
	if w.nodes > 200 {
		t.Errorf("%d nodes, the bot takes 200", w.nodes)
	}
	if !strings.Contains(w.said.String(), "edgebell") {
		t.Errorf("keyword missing: %s", msg.Payload)
	}
}

// tagsOf are the nodes a schema may use; none of them reads markup.
var tagsOf = map[Schema]map[string]bool{
	V2:   {"plain_text": true, "div": true, "collapsible_panel": true},
	V1:   {"plain_text": true, "div": true, "note": true},
	Post: {"text": true},
}

type walk struct {
	t     *testing.T
	tags  map[string]bool
	nodes int
	said  strings.Builder // text of titles and text nodes
}

func (w *walk) visit(v any) {
	switch v := v.(type) {
	case []any:
		if len(v) == 0 {
			w.t.Error("an empty list")
		}
		for _, e := range v {
			w.visit(e)
		}
	case map[string]any:
		w.object(v)
	case string:
		w.text(v)
	}
}

func (w *walk) object(v map[string]any) {
	if tag, ok := v["tag"].(string); ok {
		w.nodes++
		if !w.tags[tag] {
			w.t.Errorf("node %q", tag)
		}
		for _, key := range []string{"content", "text"} {
			if s, ok := v[key].(string); ok {
				w.said.WriteString(s + "\n")
				if strings.TrimSpace(s) == "" {
					w.t.Errorf("empty text in %v", v)
				}
			}
		}
	}
	for key, e := range v {
		if key == "url" || key == "href" || key == "behaviors" || key == "card_link" {
			w.t.Errorf("a link: %v", v)
		}
		w.visit(e)
	}
}

func (w *walk) text(s string) {
	if strings.Contains(strings.ToLower(s), "<at") {
		w.t.Errorf("a mention in %q", s)
	}
	if strings.Contains(s, "\n\n\n") {
		w.t.Errorf("two empty lines in %q", s)
	}
	for _, c := range s {
		if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Zl, c) || unicode.Is(unicode.Zp, c)) {
			w.t.Errorf("%U in %q", c, s)
		}
	}
}

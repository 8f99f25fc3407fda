package card_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// TestBotTakesGoldens sends every golden file to the strict stand-in bot, as
// it is and as it was when unknown tags in a 1.0 card were still an error. All
// must stand in the group, and none may call anybody or be clicked on.
func TestBotTakesGoldens(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.golden.json")
	if err != nil || len(paths) < 15*3*2 {
		t.Fatalf("%d golden files, %v", len(paths), err)
	}
	for _, legacy := range []bool{false, true} {
		bot := feishutest.NewBot(feishutest.Options{
			Keywords: []string{"edgebell"}, ForbidAtAll: true, LegacyTags: legacy,
			PerSecond: feishutest.Off, PerMinute: feishutest.Off,
		})
		sent, linked := 0, map[int]bool{}
		for _, path := range paths {
			for _, payload := range payloadsOf(t, path) {
				sent++
				linked[sent] = strings.Contains(path, "with-links")
				if answer := post(t, bot, path, payload); answer.Accepted != sent {
					t.Fatalf("%s (legacy %t): refused by %s: %d %s", path, legacy, answer.Check, answer.Code, answer.Msg)
				}
			}
		}
		for i, m := range bot.Messages() {
			if len(m.Mentions)+len(m.Warnings) > 0 || len(m.Links) > 0 != linked[m.N] {
				t.Errorf("message %d %q: mentions %q, links %q, warnings %q", i, m.Title, m.Mentions, m.Links, m.Warnings)
			}
			if m.Title == "" || m.Summary == "" || m.MsgType == "interactive" && m.Template == "" {
				t.Errorf("message %d: title %q, summary %q, colour %q", i, m.Title, m.Summary, m.Template)
			}
		}
	}
}

// TestBotSeesMarkup holds that the bot above is not blind: the same text in a
// node that reads markup does call and link.
func TestBotSeesMarkup(t *testing.T) {
	bot := feishutest.NewBot(feishutest.Options{})
	card := `{"elements":[{"tag":"div","text":{"tag":"lark_md","content":"<at id=all></at> [x](http://evil.example)"}}]}`
	if answer := post(t, bot, "lark_md.1.0.zh.golden.json", []byte(card)); answer.Accepted != 1 {
		t.Fatalf("refused: %d %s", answer.Code, answer.Msg)
	}
	if m := bot.Messages()[0]; len(m.Mentions) != 1 || len(m.Links) != 1 {
		t.Errorf("mentions %q, links %q, want one each", m.Mentions, m.Links)
	}
}

// payloadsOf reads a golden file; a digest's may hold several messages.
func payloadsOf(t *testing.T, path string) []json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []json.RawMessage
	for dec := json.NewDecoder(bytes.NewReader(raw)); ; {
		var payload json.RawMessage
		if err := dec.Decode(&payload); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out = append(out, payload)
	}
}

// post sends a payload the way the name of its file says.
func post(t *testing.T, bot *feishutest.Bot, path string, payload []byte) feishutest.Answer {
	t.Helper()
	msgType, key := "interactive", "card"
	if strings.Contains(filepath.Base(path), ".post.") {
		msgType, key = "post", "content"
	}
	body, err := json.Marshal(map[string]any{"msg_type": msgType, key: json.RawMessage(payload)})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, bot.Path(), bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	bot.ServeHTTP(httptest.NewRecorder(), r)
	answers := bot.Answers()
	return answers[len(answers)-1]
}

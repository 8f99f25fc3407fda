package telegramtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

const maxText = 4096 // UTF-16 units

// command is sent to the bots by whoever taps it.
var command = regexp.MustCompile(`(?:^|[^A-Za-z0-9_/<>])/[A-Za-z0-9_]{1,64}(?:[^A-Za-z0-9_/<>]|$)`)

// mention is what Telegram finds by itself in plain text.
var mention = regexp.MustCompile(`(?:^|[^A-Za-z0-9_])@[A-Za-z0-9_]+`)

func checkMessage(m map[string]any, edit bool) error {
	known := []string{"chat_id", "text", "entities", "link_preview_options"}
	if edit {
		known = append(known, "message_id")
	} else {
		known = append(known, "message_thread_id")
	}
	for key := range m {
		if !slices.Contains(known, key) { // parse_mode above all
			return fmt.Errorf("unknown field %q", key)
		}
	}
	if p, ok := m["link_preview_options"].(map[string]any); !ok || len(p) != 1 || p["is_disabled"] != true {
		return fmt.Errorf("link_preview_options is %v", m["link_preview_options"])
	}
	text, ok := m["text"].(string)
	units := utf16.Encode([]rune(text))
	switch {
	case !ok || strings.TrimSpace(text) == "":
		return errors.New("message text is empty")
	case len(units) > maxText:
		return errors.New("message is too long")
	case strings.TrimSpace(text) != text:
		return errors.New("the text would be trimmed, and its entities moved")
	case strings.ContainsAny(text, "\x1b\r\x00\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"):
		return errors.New("a control or direction character")
	}
	return checkEntities(m["entities"], units)
}

// checkEntities checks each entity, and that no mention stands outside of fixed
// letters.
func checkEntities(v any, units []uint16) error {
	list, ok := v.([]any)
	if v != nil && !ok || len(list) > 100 {
		return fmt.Errorf("entities are %T of %d", v, len(list))
	}
	rest, end := slices.Clone(units), 0
	for i, e := range list {
		kind, from, to, err := checkEntity(e, units)
		if err != nil {
			return fmt.Errorf("entity %d: %w", i, err)
		}
		if from < end {
			return fmt.Errorf("entity %d overlaps the one before", i)
		}
		end = to
		if kind == "pre" || kind == "code" {
			for at := from; at < to; at++ {
				rest[at] = ' '
			}
		}
	}
	if found := mention.FindString(string(utf16.Decode(rest))); found != "" {
		return fmt.Errorf("%q calls somebody", found)
	}
	if found := command.FindString(string(utf16.Decode(rest))); found != "" {
		return fmt.Errorf("%q is a command", found)
	}
	return nil
}

func checkEntity(v any, units []uint16) (kind string, from, to int, err error) {
	e, ok := v.(map[string]any)
	kind, _ = e["type"].(string)
	offset, err1 := number(e["offset"])
	length, err2 := number(e["length"])
	fields := 3
	if kind == "text_link" {
		fields = 4
		if url, _ := e["url"].(string); !strings.HasPrefix(url, "https://") {
			return kind, 0, 0, fmt.Errorf("url %q", url)
		}
	}
	switch {
	case !ok || len(e) != fields || err1 != nil || err2 != nil:
		return kind, 0, 0, fmt.Errorf("is %v", v)
	case !slices.Contains([]string{"bold", "pre", "code", "text_link"}, kind):
		return kind, 0, 0, fmt.Errorf("type %q", kind)
	case offset < 0 || length < 1 || offset+length > len(units):
		return kind, 0, 0, fmt.Errorf("%d+%d in a text of %d units", offset, length, len(units))
	case split(units, offset) || split(units, offset+length):
		return kind, 0, 0, errors.New("splits a character")
	}
	return kind, offset, offset + length, nil
}

func number(v any) (int, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, errors.New("no number")
	}
	i, err := n.Int64()
	return int(i), err
}

// split says that at lies between the two units of one character.
func split(units []uint16, at int) bool {
	return at < len(units) && units[at] >= 0xdc00 && units[at] <= 0xdfff
}

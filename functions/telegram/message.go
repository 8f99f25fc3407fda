package telegram

import (
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/webhook"
)

// maxText is in UTF-16 units, as Telegram counts
// (https://core.telegram.org/bots/api#sendmessage, #messageentity).
const maxText = 4096

// message is sendMessage without the chat, which Send adds.
type message struct {
	Text     string   `json:"text"`
	Entities []entity `json:"entities,omitempty"`
	Preview  preview  `json:"link_preview_options"`
}

// entity is a format and where it stands, in UTF-16 units.
type entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

type preview struct {
	Disabled bool `json:"is_disabled"`
}

// rich is the first form: the title bold, message and command in fixed letters,
// where Telegram looks for no links of its own.
func rich(v card.View) (card.Message, error) {
	v = v.Map(inert)
	var b builder
	b.add(strings.TrimSpace(v.Mark+" "+v.Title), "bold", "")
	b.add(v.Headline, "", "")
	b.add(v.Message, "pre", "")
	b.add(v.Hint, "", "")
	b.add(v.Notices, "", "")
	for _, row := range v.Rows {
		b.add(row, "", "")
	}
	b.add(v.Details, "", "")
	b.add(v.Command, "code", "")
	for _, l := range v.Links {
		b.add(l.Text, "text_link", l.URL)
	}
	b.add(strings.Trim(v.Subtitle+" · "+v.Footer, " ·"), "", "")
	return b.message()
}

// plain is the form without entities.
func plain(v card.View) (card.Message, error) {
	v = v.Map(inert)
	v.Links = slices.Clone(v.Links)
	for i := range v.Links {
		v.Links[i].URL = strings.ReplaceAll(v.Links[i].URL, "@", "%40")
	}
	var b builder
	b.add(v.Text(), "", "")
	return b.message()
}

// builder puts paragraphs together and knows where each stands.
type builder struct {
	text     strings.Builder
	units    int
	entities []entity
}

func (b *builder) add(s, kind, url string) {
	if s = strings.TrimSpace(s); s == "" {
		return
	}
	if b.units > 0 {
		b.text.WriteString("\n\n")
		b.units += 2
	}
	n := units(s)
	if kind != "" {
		b.entities = append(b.entities, entity{kind, b.units, n, url})
	}
	b.text.WriteString(s)
	b.units += n
}

func (b *builder) message() (card.Message, error) {
	raw, err := webhook.EncodeJSON(message{Text: b.text.String(), Entities: b.entities, Preview: preview{true}})
	return card.Message{MsgType: "message", Payload: raw, Size: max(b.units, 1)}, err
}

// units is the length of s as Telegram counts.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// inert breaks what Telegram finds in plain text by itself: addresses, mentions
// (an @ before a name, where none of a name stands before it, calls somebody) and
// commands (a / there is sent to the bots by whoever taps it). nginx@sha256,
// a@b.example, shop/web-0 and /var/lib stay as they are.
func inert(s string) string {
	s = card.Unlinked(s)
	if !strings.ContainsAny(s, "@/") {
		return s
	}
	var b strings.Builder
	before := ' '
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		next, _ := utf8.DecodeRuneInString(s)
		switch {
		case named(before) || !named(next):
		case r == '@':
			r = '＠'
		case r == '/' && before != '/' && !strings.HasPrefix(strings.TrimLeftFunc(s, named), "/"):
			r = '／'
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

func named(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

package slack

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/webhook"
)

// Slack's bounds, in characters; counted here in UTF-16 units after escaping,
// which is never less. Sources: https://docs.slack.dev/reference/block-kit/blocks
// (50 blocks), …/blocks/header-block, …/blocks/section-block,
// …/blocks/context-block.
const (
	maxHeader  = 150
	maxSection = 3000
	// maxBytes bounds a payload. Slack cuts texts over 40,000 characters, and
	// with this no message comes near 50 blocks.
	maxBytes = 16 << 10
)

type message struct {
	// Text is what notifications show beside blocks, and else all.
	Text   string  `json:"text"`
	Blocks []block `json:"blocks,omitempty"`
	// Mrkdwn off leaves *, _, ~ and ` as they are in Text.
	Mrkdwn      bool `json:"mrkdwn"`
	UnfurlLinks bool `json:"unfurl_links"`
	UnfurlMedia bool `json:"unfurl_media"`
}

type block struct {
	Type     string `json:"type"`
	Text     *text  `json:"text,omitempty"`
	Elements []text `json:"elements,omitempty"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
	// Emoji off leaves :names: as they are; mrkdwn does not take it.
	Emoji *bool `json:"emoji,omitempty"`
}

var off = new(bool)

// blockKit is the richest form.
func blockKit(v card.View) (card.Message, error) {
	v = v.Map(card.Unlinked)
	header, rest := cut(v.Mark+" "+v.Title, maxHeader)
	m := message{Text: escape(v.Summary)}
	m.Blocks = append(m.Blocks, block{Type: "header", Text: &text{"plain_text", header, off}})
	if rest != "" {
		m.section(v.Title)
	}
	m.section(v.Headline)
	m.section(v.Message)
	m.section(v.Hint)
	m.section(v.Notices)
	for _, row := range v.Rows {
		m.section(row)
	}
	m.section(v.Details)
	m.section(v.Command)
	m.links(v.Links)
	foot, _ := cut(strings.Trim(v.Subtitle+" · "+v.Footer, " ·"), maxSection)
	if foot != "" {
		m.Blocks = append(m.Blocks, block{Type: "context", Elements: []text{{"plain_text", foot, off}}})
	}
	return encode(m)
}

// plain is the form for workspaces that refuse blocks.
func plain(v card.View) (card.Message, error) {
	return encode(message{Text: escape(v.Map(card.Unlinked).Text())})
}

func encode(m message) (card.Message, error) {
	raw, err := webhook.EncodeJSON(m)
	return card.Message{MsgType: "message", Payload: raw}, err
}

// section adds s, as several sections where one would be too long.
func (m *message) section(s string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		var piece string
		piece, s = cut(s, maxSection)
		m.Blocks = append(m.Blocks, block{Type: "section", Text: &text{"plain_text", piece, off}})
	}
}

// links are the operator's own, the one place for markup: their addresses hold
// no <, > or | (card refuses them), and their words are ours.
func (m *message) links(links []card.Link) {
	var out []string
	for _, l := range links {
		out = append(out, "<"+escape(l.URL)+"|"+escape(l.Text)+">")
	}
	if len(out) > 0 {
		m.Blocks = append(m.Blocks, block{Type: "section", Text: &text{Type: "mrkdwn", Text: strings.Join(out, " · ")}})
	}
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes text inert: the three characters are all that Slack reads
// (https://docs.slack.dev/messaging/formatting-message-text, "Escaping text").
func escape(s string) string { return escaper.Replace(s) }

// cut escapes as much of s as fits into most units, and gives the rest as it
// was.
func cut(s string, most int) (escaped, rest string) {
	var b strings.Builder
	units := 0
	for at, r := range s {
		piece := escape(string(r))
		if units += max(utf16.RuneLen(r), len(piece)-utf8.RuneLen(r)+1, 1); units > most {
			return b.String(), s[at:]
		}
		b.WriteString(piece)
	}
	return b.String(), ""
}

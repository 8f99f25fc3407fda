package robottest

import (
	"regexp"
	"strings"
)

// Markup is everything in a text that a client might read as more than text. It
// reads more than any client does: a text in which it finds nothing is safe.
type Markup struct {
	Links    []string // addresses, of markdown links and bare ones
	Mentions []string
	Tags     []string // HTML, font and <@userid>
	Blocks   []string // beginnings of headings, quotes, lists, rules, indented code
	Inline   []string // code, emphasis, tables, pictures, escapes, entities, formulas
}

var (
	links    = regexp.MustCompile(`\[[^\]\n]*\]\(([^)\n]*)\)`)
	bare     = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s)]*`)
	mentions = regexp.MustCompile(`@[^\s]*`)
	tags     = regexp.MustCompile(`<[^>\n]*>?`)
	blocks   = regexp.MustCompile(`(?m)^(?: *(?:#{1,6}(?: |$)|>|[-+*](?: |$)|\d+[.)](?: |$)|={1,} *$|-{2,} *$)| {4,}\S)`)
	inline   = regexp.MustCompile("`|\\*{1,2}|_|~|\\||\\\\|&|\\$|\\[|\\]|!\\[")
)

// ReadPlain finds what a client might read in plain text: addresses, mentions
// and tags.
func ReadPlain(text string) Markup {
	m := Markup{Links: bare.FindAllString(text, -1)}
	text = bare.ReplaceAllString(text, "")
	m.Mentions, m.Tags = mentions.FindAllString(text, -1), tags.FindAllString(text, -1)
	return m
}

// Read finds the markup of a text.
func Read(text string) Markup {
	var m Markup
	for _, l := range links.FindAllStringSubmatch(text, -1) {
		m.Links = append(m.Links, l[1])
	}
	text = links.ReplaceAllString(text, "")
	plain := ReadPlain(text)
	m.Links, m.Mentions, m.Tags = append(m.Links, plain.Links...), plain.Mentions, plain.Tags
	text = bare.ReplaceAllString(text, "")
	for _, b := range blocks.FindAllString(text, -1) {
		m.Blocks = append(m.Blocks, strings.TrimSpace(b))
	}
	m.Inline = inline.FindAllString(text, -1)
	return m
}

package feishutest

import "regexp"

// Span is a stretch of text in which something may be live.
type Span struct {
	Kind string // text, bold, link, at or code
	Text string
	URL  string
}

func spansOf(markdown string) []Span {
	var out []Span
	for _, t := range lexMarkdown(markdown) {
		id, isMention := t.mention()
		switch {
		case isMention:
			out = append(out, Span{Kind: "at", Text: "@" + id})
		case t.kind == tokenCode:
			out = append(out, Span{Kind: "code", Text: t.text})
		case t.kind == tokenLink, t.kind == tokenURL:
			out = append(out, Span{Kind: "link", Text: t.text, URL: t.url})
		case t.kind == tokenImage:
			out = append(out, Span{Kind: "text", Text: "[图片]"})
		case t.kind == tokenTag && t.name == "br":
			out = append(out, Span{Kind: "text", Text: "\n"})
		case t.kind == tokenText:
			out = append(out, boldSpans(t.text)...)
		}
	}
	return out
}

var bold = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)

func boldSpans(s string) []Span {
	var out []Span
	last := 0
	for _, m := range bold.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, Span{Kind: "text", Text: s[last:m[0]]}, Span{Kind: "bold", Text: s[m[2]:m[3]]})
		last = m[1]
	}
	return append(out, Span{Kind: "text", Text: s[last:]})
}

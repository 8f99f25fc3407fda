package robot

import (
	"strings"
	"unicode"
)

// What markdown, mentions and links are made of is put into full width, which
// looks alike and which no client reads. A backslash would not do: neither
// robot's documentation knows one.
var (
	wideInline = strings.NewReplacer("www.", "www．", "WWW.", "WWW．", "Www.", "Www．",
		"\\", "＼", "`", "｀", "*", "＊", "_", "＿", "~", "～", "|", "｜",
		"[", "［", "]", "］", "<", "＜", "&", "＆", "@", "＠", "$", "＄", "://", "：//")
	widePlain = strings.NewReplacer("@", "＠", "<", "＜", "://", "：//", "www.", "www．", "WWW.", "WWW．", "Www.", "Www．")
	wideFirst = map[byte]string{'#': "＃", '>': "＞", '-': "－", '+': "＋", '=': "＝"}
)

// Plain makes foreign text harmless where no markdown is read: nobody is
// mentioned by it, and no scheme makes a link of it. A bare host name that a
// client takes for a link by itself cannot be kept from it.
func Plain(s string) string { return widePlain.Replace(visible(s)) }

// Markdown makes foreign text harmless for markdown; its lines are joined with
// br.
func Markdown(s, br string) string {
	lines := strings.Split(wideInline.Replace(visible(s)), "\n")
	for i, line := range lines {
		lines[i] = notABlock(line)
	}
	return strings.Join(lines, br)
}

// notABlock keeps a line from being a heading, a quote, a list, a rule, code by
// indentation, or the underline of a heading.
func notABlock(line string) string {
	text := strings.TrimLeft(line, " ")
	indent := strings.Repeat("\u3000", (len(line)-len(text)+1)/2)
	text = strings.TrimRight(text, " ")
	if text == "" {
		return ""
	}
	if wide, ok := wideFirst[text[0]]; ok {
		return indent + wide + text[1:]
	}
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	switch rest := text[digits:]; {
	case digits == 0 || rest == "":
	case rest[0] == '.' && (len(rest) == 1 || rest[1] == ' '):
		text = text[:digits] + "．" + rest[1:]
	case rest[0] == ')':
		text = text[:digits] + "）" + rest[1:]
	}
	return indent + text
}

// visible drops what JSON would have to write as \uXXXX, which WeCom refuses
// (code 40033), and what shows text in another order than it stands.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Link is a link of markdown. Text and address are the operator's; the address
// must not end the link.
func Link(text, url string) string {
	return "[" + Markdown(text, " ") + "](" + urlEnds.Replace(visible(url)) + ")"
}

var urlEnds = strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "\n", "", "<", "%3C", ">", "%3E", "@", "%40", "\\", "%5C")

// Line is Plain on one line.
func Line(s string) string { return strings.Join(strings.Fields(Plain(s)), " ") }

// OneLine says that s is one line of what is seen.
func OneLine(s string) bool { return visible(s) == s && !strings.ContainsAny(s, "\n\t") }

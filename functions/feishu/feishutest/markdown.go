package feishutest

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

type tokenKind int

const (
	tokenText tokenKind = iota
	tokenCode
	tokenTag
	tokenLink
	tokenImage
	tokenURL
)

// token is a piece of markdown in which something may be live. The scanner errs
// on the live side: neither a backslash nor inline code protects, for the real
// parser has been seen to look into both.
type token struct {
	kind tokenKind
	text string
	url  string // of links and bare addresses; an image's key
	name string // of tags
	end  bool   // a closing tag
	attr map[string]string
}

var (
	mdPattern = regexp.MustCompile(`!\[([^\]]*)\]\(([^)]*)\)|\[([^\]]*)\]\(([^)]*)\)|<(/?)([A-Za-z_][A-Za-z0-9_]*)((?:\s[^<>]*)?)/?>|https?://[^\s<>()\[\]]+`)
	attribute = regexp.MustCompile(`([A-Za-z_]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)`)
	knownTags = []string{"at", "a", "font", "text_tag", "link", "person", "number_tag", "local_datetime", "raw", "br", "hr", "audio"}
)

func lexMarkdown(s string) []token {
	var out []token
	for _, part := range splitFences(s) {
		if part.kind == tokenCode {
			out = append(out, part)
		} else {
			out = append(out, lexInline(part.text)...)
		}
	}
	return out
}

// splitFences separates fenced code. A fence is closed by one at least as long;
// one that is not closed goes to the end.
func splitFences(s string) []token {
	var out []token
	var current []string
	flush := func(kind tokenKind) {
		if len(current) > 0 {
			out = append(out, token{kind: kind, text: strings.Join(current, "\n")})
		}
		current = nil
	}
	fence := 0
	for line := range strings.SplitSeq(s, "\n") {
		ticks := len(line) - len(strings.TrimLeft(line, "`"))
		switch {
		case fence == 0 && ticks >= 3:
			flush(tokenText)
			fence = ticks
		case fence > 0 && ticks >= fence && strings.TrimSpace(line[ticks:]) == "":
			flush(tokenCode)
			fence = 0
		default:
			current = append(current, line)
		}
	}
	if fence > 0 {
		flush(tokenCode)
	}
	flush(tokenText)
	return out
}

func lexInline(s string) []token {
	var out []token
	last := 0
	for _, m := range mdPattern.FindAllStringSubmatchIndex(s, -1) {
		if m[0] > last {
			out = append(out, token{kind: tokenText, text: s[last:m[0]]})
		}
		last = m[1]
		group := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return s[m[2*n]:m[2*n+1]]
		}
		whole := s[m[0]:m[1]]
		switch {
		case whole[0] == '!':
			out = append(out, token{kind: tokenImage, text: group(1), url: group(2)})
		case whole[0] == '[':
			out = append(out, token{kind: tokenLink, text: group(3), url: group(4)})
		case whole[0] == '<':
			out = append(out, tagToken(group(6), group(5) == "/", group(7)))
		default:
			out = append(out, token{kind: tokenURL, text: whole, url: whole})
		}
	}
	if last < len(s) {
		out = append(out, token{kind: tokenText, text: s[last:]})
	}
	return out
}

func tagToken(name string, end bool, attrs string) token {
	t := token{kind: tokenTag, name: strings.ToLower(name), end: end, attr: map[string]string{}}
	for _, m := range attribute.FindAllStringSubmatch(attrs, -1) {
		t.attr[m[1]] = strings.Trim(m[2], `"'`)
	}
	for _, key := range []string{"href", "url"} {
		if (t.name == "a" || t.name == "link") && !end && t.attr[key] != "" {
			t.url = t.attr[key]
		}
	}
	return t
}

// mention is who is called by the token.
func (t token) mention() (string, bool) {
	if t.kind != tokenTag || t.end || t.name != "at" && t.name != "person" {
		return "", false
	}
	for _, key := range []string{"id", "user_id", "ids", "email", "open_id"} {
		if id, ok := t.attr[key]; ok {
			return id, true
		}
	}
	return "", true
}

var (
	errScheme = errors.New("scheme not in scheme whitelist")
	errURL    = errors.New("invalid url")
)

// checkURL wants http or https and nothing that breaks a link off: spaces, or
// Chinese text right behind it.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || strings.ContainsFunc(raw, unicode.IsSpace) {
		return errURL
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return errScheme
	}
	if u.Host == "" || strings.ContainsFunc(raw, func(r rune) bool { return r > unicode.MaxASCII }) {
		return errURL
	}
	return nil
}

// markdown records what is live in s and refuses what the real parser refuses.
func (i *inspector) markdown(s string, at place) error {
	for n, t := range lexMarkdown(s) {
		if err := i.markdownToken(t, n+1, at); err != nil {
			return err
		}
	}
	return i.markdownTables(s)
}

func (i *inspector) markdownToken(t token, n int, at place) error {
	if id, ok := t.mention(); ok {
		i.view.Mentions = append(i.view.Mentions, id)
		if id != "all" && !slices.Contains(i.opts.UserIDs, id) {
			return cardError{sub: 100290, msg: "there is an invalid user resource (at/person) in your card", value: id}
		}
		return nil
	}
	switch {
	case t.kind == tokenImage && !slices.Contains(i.opts.ImageKeys, t.url):
		return cardError{sub: 200570, msg: "invalid image key", value: t.url}
	case t.kind == tokenTag && !slices.Contains(knownTags, t.name):
		if i.opts.LegacyTags && !i.v2 {
			return legacyTag(at, n)
		}
		i.warn("text <%s> disappears in markdown", t.name)
	case t.kind == tokenLink || t.kind == tokenURL || t.url != "" && t.kind == tokenTag:
		i.view.Links = append(i.view.Links, t.url)
		if err := checkURL(t.url); err != nil {
			return cardError{sub: 11310, msg: err.Error(), value: t.url}
		}
	}
	return nil
}

var tableRule = regexp.MustCompile(`^\s*\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?\s*$`)

// maxMarkdownRows: 49 body rows passed, 50 did not.
const maxMarkdownRows = 49

func (i *inspector) markdownTables(s string) error {
	if !i.v2 {
		return nil // 1.0 knows no tables in markdown
	}
	lines := strings.Split(s, "\n")
	for n := 1; n < len(lines); n++ {
		if !strings.Contains(lines[n-1], "|") || !strings.Contains(lines[n], "|") || !tableRule.MatchString(lines[n]) {
			continue
		}
		rows := 0
		for n++; n < len(lines) && strings.Contains(lines[n], "|"); n++ {
			rows++
		}
		i.elements += rows
		if rows > maxMarkdownRows {
			return cardError{sub: 11310, msg: "element exceeds the limit"}
		}
		if err := i.countTable(); err != nil {
			return err
		}
	}
	return nil
}

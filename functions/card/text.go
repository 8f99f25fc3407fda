package card

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of single fields in bytes. Renderer does not trust its caller to have
// bounded them: a card must fit whatever it is given.
const (
	maxField   = 128
	maxName    = 253
	maxMessage = 2048
)

// clean makes untrusted text harmless for a plain text node, and replaces the
// signs that cards speak in.
func clean(s string) string { return strings.Map(notOurs, harmless(s)) }

// harmless is clean for text that is in part the operator's: no escape
// sequences, control, bidirectional or invisible characters, no piles of marks
// or gaps, no "<at" that a client might take for a mention, at most one empty
// line in a row.
func harmless(s string) string {
	s = stripEscapes(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.TrimLeftFunc(thin(strings.Map(visible, s)), isMark)
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return breakMentions(strings.TrimSpace(s))
}

// visible maps line separators to \n, tabs to a space, and drops what is not
// seen. Dropping all of Cf takes the joiner out of composed emoji, which then
// show as their parts; dropping variation selectors shows them in black.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
		return '\n'
	case r == '\t' || isBlank(r):
		return ' '
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Me),
		unicode.Is(unicode.Noncharacter_Code_Point, r):
		return -1
	case unicode.Is(unicode.Co, r): // whatever picture a reader's font has there
		return '\uFFFD'
	}
	return sized(r)
}

// breakMentions replaces the bracket of "<at". Nothing in the bot's
// documentation promises that plain text never reads it.
func breakMentions(s string) string {
	for i := 0; i+2 < len(s); i++ {
		if s[i] == '<' && s[i+1]|0x20 == 'a' && s[i+2]|0x20 == 't' {
			s = s[:i] + "＜" + s[i+1:]
		}
	}
	return s
}

// cleanLine is clean for text that must stay on one line.
func cleanLine(s string) string {
	return strings.Join(strings.Fields(clean(s)), " ")
}

// line is cleanLine, bounded. Bounding first keeps the work small.
func line(s string, n int) string {
	if len(s) > 8*n {
		s = s[:8*n]
	}
	return ellipsis(cleanLine(s), n)
}

// ellipsis cuts s to at most n bytes, the dots included.
func ellipsis(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.TrimSpace(truncate(s, n-len("…"))) + "…"
}

// truncate cuts s to at most n bytes at the edge of a character.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// stripEscapes removes ANSI (ECMA-48) escape sequences whole, so that their
// parameters do not stay behind as letters.
func stripEscapes(s string) string {
	if !strings.ContainsAny(s, "\x1b\u009b\u009d\u0090") {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		n := escapeLen(s)
		if n == 0 {
			_, n = utf8.DecodeRuneInString(s)
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// escapeLen is the length of the escape sequence s begins with, 0 if none.
func escapeLen(s string) int {
	switch {
	case strings.HasPrefix(s, "\u009b"):
		return 2 + csiLen(s[2:])
	case strings.HasPrefix(s, "\u009d"), strings.HasPrefix(s, "\u0090"):
		return 2 + stringLen(s[2:])
	case s[0] != 0x1b:
		return 0
	case len(s) == 1:
		return 1
	case s[1] == '[':
		return 2 + csiLen(s[2:])
	case strings.IndexByte("]PX^_", s[1]) >= 0:
		return 2 + stringLen(s[2:])
	}
	n := 1
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2f { // intermediate bytes
		n++
	}
	if n < len(s) && s[n] >= 0x30 && s[n] <= 0x7e {
		n++
	}
	return n
}

// csiLen is the length of a control sequence after its introducer.
func csiLen(s string) int {
	n := 0
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x3f {
		n++
	}
	if n < len(s) && s[n] >= 0x40 && s[n] <= 0x7e {
		n++
	}
	return n
}

// stringLen is the length of a control string (window titles, hyperlinks) up
// to its terminator. Without one it is 0: only the introducer goes, so that an
// open string can't swallow the rest of a message.
func stringLen(s string) int {
	end, size := -1, 0
	for _, terminator := range []string{"\a", "\x1b\\", "\u009c"} {
		if i := strings.Index(s, terminator); i >= 0 && (end < 0 || i < end) {
			end, size = i, len(terminator)
		}
	}
	if end < 0 {
		return 0
	}
	return end + size
}

// byteSize is n for people: 850 B, 298 kB, 1.2 MB.
func byteSize(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 999_500:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// encode marshals without HTML escaping, which would spend six bytes on every
// angle bracket.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

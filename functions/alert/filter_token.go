package alert

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// wordChars may stand in a value without quotes.
const wordChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@+%~#"

// filterSymbols in the order in which they are tried.
var filterSymbols = []string{"==", "!=", "=", "!", ",", ";", "(", ")", "<", ">"}

// fullWidth are the characters that a Chinese or Japanese keyboard gives in
// place of the ones meant.
var fullWidth = map[rune]string{
	'，': ",", '、': ",", '；': ";", '（': "(", '）': ")", '＝': "=", '！': "!", '“': `"`, '”': `"`,
	'：': ":", '＠': "@", '－': "-", '–': "-", '—': "-", '～': "~",
}

const (
	wantUTF8  = "UTF-8"
	wantASCII = ", the ASCII character"
)

type tokenKind int

const (
	tokEnd tokenKind = iota
	tokWord
	tokQuoted
	tokSymbol
	tokIllegal
)

type token struct {
	kind   tokenKind
	text   string // without quotes and escapes
	column int
	want   string // of tokIllegal: what would be right
}

func (t token) isSymbol(s string) bool { return t.kind == tokSymbol && t.text == s }
func (t token) isWord(s string) bool   { return t.kind == tokWord && t.text == s }

// next reads the next token into p.tok.
func (p *filterParser) next() {
	p.skip(len(p.rest) - len(strings.TrimLeft(p.rest, " \t\r\n")))
	p.tok = token{column: p.column}
	if p.rest == "" {
		return
	}
	if p.rest[0] == '"' {
		p.quoted()
		return
	}
	if n := p.wordLen(); n > 0 {
		p.tok.kind, p.tok.text = tokWord, p.skip(n)
		return
	}
	if p.mark != "" && strings.HasPrefix(p.rest, p.mark) {
		p.tok.kind, p.tok.text = tokSymbol, p.skip(len(p.mark))
		return
	}
	for _, s := range filterSymbols {
		if strings.HasPrefix(p.rest, s) {
			p.tok.kind, p.tok.text = tokSymbol, p.skip(len(s))
			return
		}
	}
	p.illegal()
}

// wordLen is how many bytes of the rest are one word. Within a selector the
// mark that ends it is none.
func (p *filterParser) wordLen() int {
	n := 0
	for n < len(p.rest) && strings.IndexByte(wordChars, p.rest[n]) >= 0 {
		if p.mark != "" && !p.tail && p.rest[n] == p.mark[0] {
			break
		}
		n++
	}
	return n
}

// illegal makes a token of a character that may only stand in quotes.
func (p *filterParser) illegal() {
	r, n := utf8.DecodeRuneInString(p.rest)
	p.tok.kind, p.tok.text = tokIllegal, p.rest[:n]
	switch ascii := fullWidth[r]; {
	case ascii != "":
		p.tok.want = strconv.Quote(ascii) + wantASCII
	case r == utf8.RuneError && n == 1:
		p.tok.want = wantUTF8
	case r == '\'':
		p.tok.want = `double quotes around a value`
	case r == '*':
		p.tok.want = `a whole value, for there are no patterns (a value with such a character stands in double quotes)`
	default:
		p.tok.want = `double quotes around a value with such a character`
	}
}

// quoted reads "...", where \" and \\ are the only escapes. An error inside
// has the column of the character that is wrong.
func (p *filterParser) quoted() {
	p.skip(1)
	var b strings.Builder
	for {
		switch i := strings.IndexAny(p.rest, `"\`); {
		case !utf8.ValidString(p.rest[:max(i, 0)]):
			p.skipToInvalid()
			p.tok = token{kind: tokIllegal, text: p.rest[:1], column: p.column, want: wantUTF8}
			return
		case i < 0:
			p.tok.kind, p.tok.text, p.tok.want = tokIllegal, `"`, `a closing " as well`
			return
		default:
			b.WriteString(p.skip(i))
		}
		switch {
		case p.rest[0] == '"':
			p.skip(1)
			p.tok.kind, p.tok.text = tokQuoted, b.String()
			return
		case strings.HasPrefix(p.rest, `\"`), strings.HasPrefix(p.rest, `\\`):
			b.WriteString(p.skip(2)[1:])
		default:
			_, n := utf8.DecodeRuneInString(p.rest[1:])
			p.tok = token{kind: tokIllegal, text: p.rest[:1+n], column: p.column, want: `\" or \\`}
			return
		}
	}
}

// skipToInvalid moves to the first byte that is not UTF-8.
func (p *filterParser) skipToInvalid() {
	for {
		r, n := utf8.DecodeRuneInString(p.rest)
		if r == utf8.RuneError && n <= 1 {
			return
		}
		p.skip(n)
	}
}

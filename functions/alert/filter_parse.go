package alert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a filter cannot be read. Column counts characters
// from 1.
type SyntaxError struct {
	Column int
	Found  string
	Want   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("column %d: found %s, want %s", e.Column, e.Found, e.Want)
}

// ParseFilter reads selectors separated by semicolons, each of clauses
// separated by commas:
//
//	type=Warning,reason notin (Unhealthy); kind=Node,reason in (NodeNotReady)
//
// A clause is key, !key, key=value, key==value, key!=value, key in (a,b) or
// key notin (a,b). The keys are type, reason, namespace, kind, name, component,
// node, severity and writer (the namespace that answers for the Event). A value
// of other characters than letters, digits and -_./:@+%~#
// stands in double quotes, where \" and \\ are escapes.
//
// It refuses what the label parser of Kubernetes takes but what here could
// never mean what was meant: an empty filter, an empty value, an unknown key,
// < and >, type=warning in the wrong case, and a severity that there is not. The
// error is a *SyntaxError.
func ParseFilter(s string) (Filter, error) {
	p := newParser(s, "the filter", "")
	var f Filter
	for {
		sel, err := p.selector()
		if err != nil {
			return Filter{}, err
		}
		f.selectors = append(f.selectors, sel)
		switch {
		case p.tok.kind == tokEnd:
			return f, nil
		case p.tok.isSymbol(";"):
			p.next()
		default:
			return Filter{}, p.fail(`",", ";" or the end of the filter`)
		}
	}
}

// filterParser reads one token ahead.
type filterParser struct {
	name   string // of the text, in errors
	rest   string
	column int // of rest
	tok    token
	// mark ends a selector in the grammars where something follows it; there
	// it stands in no unquoted value. tail says that this something is read.
	mark string
	tail bool
}

func newParser(s, name, mark string) *filterParser {
	p := &filterParser{name: name, rest: s, column: 1, mark: mark}
	p.next()
	return p
}

func (p *filterParser) atMark() bool { return p.mark != "" && p.tok.isSymbol(p.mark) }

func (p *filterParser) selector() (selector, error) {
	var s selector
	for {
		c, err := p.clause()
		if err != nil {
			return nil, err
		}
		s = append(s, c)
		if !p.tok.isSymbol(",") {
			return s, nil
		}
		p.next()
	}
}

func (p *filterParser) clause() (clause, error) {
	if p.tok.isSymbol("!") {
		p.next()
		key, err := p.key()
		return clause{key: key, op: opAbsent}, err
	}
	key, err := p.key()
	if err != nil {
		return clause{}, err
	}
	c := clause{key: key}
	switch {
	case p.tok.kind == tokEnd || p.tok.isSymbol(",") || p.tok.isSymbol(";") || p.atMark():
		return c, nil
	case p.tok.isSymbol("=") || p.tok.isSymbol("=="):
		c.op = opIn
		c.values, err = p.one(key)
	case p.tok.isSymbol("!="):
		c.op = opNotIn
		c.values, err = p.one(key)
	case p.tok.isWord("in"):
		c.op = opIn
		c.values, err = p.list(key)
	case p.tok.isWord("notin"):
		c.op = opNotIn
		c.values, err = p.list(key)
	default:
		err = p.fail("=, ==, !=, in or notin, or the end of the clause")
	}
	return c, err
}

func (p *filterParser) key() (string, error) {
	want := "a key: " + oneOf(filterKeys)
	if p.tok.kind != tokWord || !slices.Contains(filterKeys, p.tok.text) {
		return "", p.fail(want)
	}
	key := p.tok.text
	p.next()
	return key, nil
}

// one reads the value after an operator.
func (p *filterParser) one(key string) ([]string, error) {
	p.next()
	v, err := p.value(key)
	return []string{v}, err
}

// list reads "(a,b)" after in or notin.
func (p *filterParser) list(key string) ([]string, error) {
	if p.next(); !p.tok.isSymbol("(") {
		return nil, p.fail(`"("`)
	}
	var values []string
	for {
		p.next()
		v, err := p.value(key)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		switch {
		case p.tok.isSymbol(")"):
			p.next()
			return values, nil
		case !p.tok.isSymbol(","):
			return nil, p.fail(`"," or ")"`)
		}
	}
}

func (p *filterParser) value(key string) (string, error) {
	if p.tok.kind == tokWord {
		if want := checkBare(key, p.tok.text); want != "" {
			return "", p.fail(want)
		}
	} else if p.tok.kind != tokQuoted || p.tok.text == "" {
		return "", p.fail(fmt.Sprintf("a value (!%s meets an empty %s, %s any other)", key, key, key))
	}
	v := p.tok.text
	if key == "severity" && !slices.Contains(severities, v) {
		return "", p.fail(oneOf(severities))
	}
	p.next()
	return v, nil
}

// checkBare says what an unquoted value should have been, if it is one that
// Kubernetes never gives: the two types begin with a capital.
func checkBare(key, value string) (want string) {
	if key != "type" {
		return ""
	}
	for _, known := range []string{"Warning", "Normal"} {
		if strings.EqualFold(value, known) && value != known {
			return known
		}
	}
	return ""
}

func (p *filterParser) fail(want string) error {
	// What follows a mark is never quoted.
	if p.tok.kind == tokIllegal && (!p.tail || p.tok.want == wantUTF8 || strings.HasSuffix(p.tok.want, wantASCII)) {
		want = p.tok.want
	}
	found := strconv.Quote(p.tok.text)
	if p.tok.kind == tokEnd {
		found = "the end of " + p.name
	}
	return &SyntaxError{Column: p.tok.column, Found: found, Want: want}
}

func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// skip takes n bytes off the rest and counts their characters.
func (p *filterParser) skip(n int) string {
	s := p.rest[:n]
	p.rest = p.rest[n:]
	p.column += utf8.RuneCountInString(s)
	return s
}

package card

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/edgebell/edgebell/functions/card/template"
)

type customParser struct {
	src    string
	fields []string // that a template may use
	// free says that the reader is a program: values may stand in any text,
	// and no word but an address has a meaning of its own.
	free  bool
	dec   *json.Decoder
	depth int
}

func (p *customParser) line() int { return p.lineAt(p.dec.InputOffset()) }

func (p *customParser) lineAt(offset int64) int {
	return 1 + strings.Count(p.src[:min(int(offset), len(p.src))], "\n")
}

func (p *customParser) place(err error) error {
	var at positioned
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &at):
		return err
	case errors.As(err, &syntax):
		return positioned{p.lineAt(syntax.Offset), errors.New(syntax.Error())}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return positioned{p.lineAt(int64(len(p.src))), errors.New("ends before the card's closing brace")}
	}
	return positioned{p.line(), err}
}

// value reads one value; in is the object that holds it, under key.
func (p *customParser) value(in *object, key string) (node, error) {
	if p.depth++; p.depth > 40 {
		return nil, errors.New("is nested too deep")
	}
	defer func() { p.depth-- }()
	tok, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case json.Delim:
		if tok == '{' {
			return p.object(in, key)
		}
		return p.array()
	case string:
		return p.text(tok, key)
	}
	raw, err := json.Marshal(tok)
	return literal(raw), err
}

func (p *customParser) array() (node, error) {
	var out array
	for p.dec.More() {
		v, err := p.value(nil, "")
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := p.dec.Token()
	return out, err
}

func (p *customParser) object(in *object, key string) (node, error) {
	o := new(object)
	for p.dec.More() {
		tok, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := tok.(string)
		if !ok || slices.Contains(o.keys, name) {
			return nil, fmt.Errorf("key %v stands twice", tok)
		}
		v, err := p.value(o, name)
		if err != nil {
			return nil, err
		}
		o.keys, o.values = append(o.keys, name), append(o.values, v)
	}
	if _, err := p.dec.Token(); err != nil {
		return nil, err
	}
	if p.free {
		return o, nil
	}
	return o, o.check(key)
}

// text reads a string, which is a template where it has gaps.
func (p *customParser) text(s, key string) (node, error) {
	at := p.line()
	if !strings.Contains(s, "{{") {
		raw, err := encode(s)
		return literal(raw), err
	}
	t, err := template.Parse(s, p.fields)
	if err != nil {
		var e *template.Error
		if errors.As(err, &e) {
			err = errors.New(e.Reason)
		}
		return nil, positioned{at, err}
	}
	g := &gapped{Template: t, line: at}
	switch {
	case slices.Contains(urlKeys, key):
		g.use = asAddress
		if fixed, _ := t.Static(); fixed != "" {
			if g.host, err = fixedHost(fixed); err != nil {
				return nil, positioned{at, err}
			}
		}
	case !p.free && slices.Contains(wordKeys, key):
		g.use = asWord
	}
	return g, nil
}

package card

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/edgebell/edgebell/functions/card/template"
)

// Custom is the operator's own card (CARD_TEMPLATE). It is for single stories;
// where it cannot be made, the configured schema takes its place.
const Custom Schema = "custom"

// custom is a card whose texts are Go templates. The JSON is read first and
// written last, so no text can break out of the string that it stands in.
type custom struct{ root *object }

// node is a value of the card's JSON.
type node interface {
	// write writes the value's JSON; filled is false when a text or an address
	// with gaps came out empty, which lets the element around it be left out.
	write(b *bytes.Buffer, f filling) (filled bool, err error)
}

// filling is what the gaps are filled with.
type filling struct {
	data  map[string]any
	hosts []string // that RUNBOOK_URL and DASHBOARD_URL lead to
	// strict makes an address that goes wrong an error; with an Event's own
	// values it is left out.
	strict bool
}

type (
	object struct {
		keys   []string
		values []node
	}
	array   []node
	literal json.RawMessage
	gapped  struct {
		*template.Template
		line int
		use  use
		host string // of an address
	}
)

// use says where a text with gaps stands, and so how its values are escaped.
type use int

const (
	asText use = iota
	asAddress
	asWord // a colour, a size
)

// urlKeys and wordKeys are where else than in texts gaps may stand. The values
// of wordKeys are words of Feishu's own.
var (
	urlKeys  = []string{"url", "default_url", "pc_url", "ios_url", "android_url", "href"}
	wordKeys = []string{"template", "color", "text_color", "background_style", "background_color", "border_color", "type"}
	word     = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,30}$`)
)

// positioned is an error in CARD_TEMPLATE and its line.
type positioned struct {
	line int
	err  error
}

func (e positioned) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e positioned) Unwrap() error { return e.err }

const maxCustom = 16 << 10

// parseCustom reads a card. Empty is none.
func parseCustom(src string) (*custom, error) {
	if strings.TrimSpace(src) == "" {
		return nil, nil
	}
	if len(src) > maxCustom {
		return nil, positioned{1, fmt.Errorf("is %d bytes long: must be at most %d", len(src), maxCustom)}
	}
	return parseTemplate(&customParser{src: src, fields: customFields})
}

// parseTemplate reads a JSON object whose texts are templates.
func parseTemplate(p *customParser) (*custom, error) {
	p.dec = json.NewDecoder(strings.NewReader(p.src))
	p.dec.UseNumber()
	root, err := p.value(nil, "")
	if err != nil {
		return nil, p.place(err)
	}
	o, ok := root.(*object)
	if !ok {
		return nil, positioned{1, errors.New("must be a JSON object, the card")}
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, positioned{p.line(), errors.New("goes on behind the card's closing brace")}
	}
	return &custom{o}, nil
}

// check refuses gaps where a client would read markup, or where they could
// name a person: what comes from the cluster may stand in plain text only.
func (o *object) check(key string) error {
	tag := ""
	for i, k := range o.keys {
		if raw, ok := o.values[i].(literal); ok && k == "tag" {
			_ = json.Unmarshal(raw, &tag) // not a string: no tag we know
		}
	}
	plain := tag == "plain_text" || key == "i18n_content" || tag == "" && key == "summary"
	for i, k := range o.keys {
		g, ok := o.values[i].(*gapped)
		switch {
		case !ok || g.use != asText:
		case plain && (k == "content" || key == "i18n_content"):
		case tag == "markdown" || tag == "lark_md":
			return positioned{g.line, fmt.Errorf("values must not stand in %s, where they could call people or lead elsewhere: use plain_text", tag)}
		default:
			return positioned{g.line, fmt.Errorf("values must not stand in %q: they may in the content of plain_text and of summary, in addresses, and in colours", k)}
		}
	}
	return nil
}

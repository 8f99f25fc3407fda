package card

import "strings"

// The types below are the part of card JSON 2.0 that is used. A property that
// the schema does not know makes the bot refuse the whole card.
type v2Root struct {
	Schema string   `json:"schema"`
	Config v2Config `json:"config"`
	Header header   `json:"header"`
	Body   v2Body   `json:"body"`
}

type v2Config struct {
	Summary content `json:"summary"`
}

type content struct {
	Content string `json:"content"`
}

type header struct {
	Template string `json:"template"`
	Title    plain  `json:"title"`
	Subtitle *plain `json:"subtitle,omitempty"`
}

// plain is the one node that holds text. In it no markup is read.
type plain struct {
	Tag     string `json:"tag"`
	Content string `json:"content"`
	Size    string `json:"text_size,omitempty"`
	Color   string `json:"text_color,omitempty"`
	Lines   int    `json:"lines,omitempty"`
}

func text(s string) plain { return plain{Tag: "plain_text", Content: s} }

type v2Body struct {
	Elements []any `json:"elements"`
}

type div struct {
	Tag  string `json:"tag"`
	Text plain  `json:"text"`
}

type panel struct {
	Tag      string      `json:"tag"`
	Header   panelHeader `json:"header"`
	Elements []any       `json:"elements"`
}

type panelHeader struct {
	Title plain `json:"title"`
}

// button is the one thing on a card that can be clicked, and only with an
// address of the operator's own.
type button struct {
	Tag       string     `json:"tag"`
	Text      plain      `json:"text"`
	Size      string     `json:"size,omitempty"`
	URL       string     `json:"url,omitempty"`       // 1.0
	Behaviors []behavior `json:"behaviors,omitempty"` // 2.0
}

type behavior struct {
	Type       string `json:"type"`
	DefaultURL string `json:"default_url"`
}

func newDiv(p plain) div { return div{Tag: "div", Text: p} }

// messageLines bounds what a long message takes of a phone's screen.
const messageLines = 10

func v2Card(v View) v2Root {
	subtitle := text(v.Subtitle)
	return v2Root{
		Schema: "2.0",
		Config: v2Config{Summary: content{v.Summary}},
		Header: header{Template: v.Color, Title: text(v.Title), Subtitle: &subtitle},
		Body:   v2Body{Elements: v2Elements(v)},
	}
}

func v2Elements(v View) []any {
	head, tail := splitMessage(v.Message)
	var out []any
	add := func(s, size, color string, lines int) {
		if s != "" {
			out = append(out, newDiv(plain{Tag: "plain_text", Content: s, Size: size, Color: color, Lines: lines}))
		}
	}
	add(v.Headline, "", "", 0)
	add(head, "", "", messageLines)
	add(v.Notices, "", "orange", 0)
	for _, row := range v.Rows {
		add(row, "", "", 0)
	}
	add(v.Hint, "", "grey", 0)
	if p, ok := v2Panel(v, tail); ok {
		out = append(out, p)
	}
	for _, l := range v.Links {
		out = append(out, button{Tag: "button", Text: text(l.Text), Size: "small", Behaviors: []behavior{{"open_url", l.URL}}})
	}
	add(v.Footer, "notation", "grey", 0)
	return out
}

// v2Panel is what one may open: the rest of a long message, the details and
// the command, which stands alone to be copied.
func v2Panel(v View, tail string) (panel, bool) {
	p := panel{Tag: "collapsible_panel", Header: panelHeader{Title: text(v.Fold)}}
	for _, s := range []string{tail, v.Details, v.Command} {
		if s != "" {
			p.Elements = append(p.Elements, newDiv(text(s)))
		}
	}
	return p, len(p.Elements) > 0 && v.Fold != ""
}

const (
	headBytes = 280 // about seven lines of a phone
	headLines = 6
	headSlack = 80 // not worth a second block
)

// splitMessage parts a long message into what is seen at once and what is
// collapsed, so that no byte of it is sent twice.
func splitMessage(s string) (head, tail string) {
	n := headBytes
	if len(s) <= headBytes+headSlack {
		n = len(s)
	}
	head = truncate(s, n)
	if n < len(s) {
		head = head[:breakAt(head)]
	}
	if i := nthNewline(head, headLines); i >= 0 {
		head = head[:i]
	}
	if len(head) == len(s) {
		return s, ""
	}
	tail = strings.TrimSpace(s[len(head):])
	return strings.TrimSpace(head) + " …", "… " + tail
}

// breakAt is where to end s: at its last line or else its last word, if that
// leaves half of it.
func breakAt(s string) int {
	for _, sep := range []string{"\n", " "} {
		if i := strings.LastIndex(s, sep); i > len(s)/2 {
			return i
		}
	}
	return len(s)
}

// nthNewline is the index of the n-th newline of s, -1 when there are fewer.
func nthNewline(s string, n int) int {
	at := -1
	for range n {
		i := strings.IndexByte(s[at+1:], '\n')
		if i < 0 {
			return -1
		}
		at += 1 + i
	}
	return at
}

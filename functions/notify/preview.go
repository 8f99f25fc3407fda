package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
)

// preview is a message as Feishu shows it.
type preview struct {
	title, color string
	text         string // without markup
	html         string
}

// preview renders a message and reads it as Feishu would. It reads the JSON
// that is sent, so it shows the operator's own card, too.
func (f *Function) preview(o Outgoing) preview {
	for level := 0; ; level++ {
		parts, err := f.shows.Render(level, o)
		if err == nil {
			return previewOf(parts[0].MsgType, parts[0].Payload)
		}
		if errors.Is(err, ErrNoSimpler) || level > 8 {
			title := ""
			if len(o.Groups) > 0 {
				title = objectOf(o.Groups[0]) + " " + o.Groups[0].Newest.Reason
			}
			return preview{title: title, color: "grey"}
		}
	}
}

// pageChannel renders what the page shows. It shows cards as Feishu does: where
// no route leads to Feishu, with cards of its own.
func pageChannel(cfg Config, routes []Route) Channel {
	for _, r := range routes {
		if strings.HasPrefix(r.Kind, ChannelFeishu) || r.Kind == ChannelLog {
			return r.Channel
		}
	}
	cards, err := card.New(cfg.Card, card.Options{Cluster: cfg.Cluster})
	if err != nil || len(routes) == 0 {
		return noChannel{}
	}
	return NewLog(cards, io.Discard)
}

// noChannel renders nothing.
type noChannel struct{}

func (noChannel) Render(int, Outgoing) ([]Part, error) { return nil, ErrNoSimpler }

func (noChannel) Send(context.Context, Part) (Receipt, error) {
	return Receipt{}, &SendError{Outcome: ChannelRefused, Err: ErrNoSimpler}
}

// colors are those a header may have; others show as none.
var colors = strings.Fields("blue wathet turquoise green yellow orange red carmine violet purple indigo grey")

func colorClass(name any) string {
	if s, ok := name.(string); ok && slices.Contains(colors, s) {
		return s
	}
	return "grey"
}

func previewOf(msgType string, payload json.RawMessage) preview {
	var root map[string]any
	if json.Unmarshal(payload, &root) != nil {
		return preview{color: "grey"}
	}
	p := &previewer{}
	p.out.raw(`<article class="bubble">`)
	color := "grey"
	if msgType == "post" {
		p.post(root)
	} else {
		color = p.card(root)
	}
	p.out.raw(`</article>`)
	return preview{title: p.title, color: color, text: strings.Join(p.texts, "\n"), html: p.out.String()}
}

type previewer struct {
	out   html
	title string
	texts []string
	depth int
}

func (p *previewer) card(root map[string]any) (color string) {
	color = "grey"
	if header, ok := root["header"].(map[string]any); ok {
		color = colorClass(header["template"])
		p.title = content(header["title"])
		p.out.raw(`<header class="c-` + color + `"><h3>`).text(p.title).raw(`</h3>`)
		if s := content(header["subtitle"]); s != "" {
			p.out.raw(`<p>`).text(s).raw(`</p>`)
		}
		p.out.raw(`</header>`)
	}
	p.out.raw(`<div class="body">`)
	if body, ok := root["body"].(map[string]any); ok {
		p.elements(body["elements"])
	}
	p.elements(root["elements"])
	p.out.raw(`</div>`)
	return color
}

// content is what a text node says.
func content(v any) string {
	m, _ := v.(map[string]any)
	s, _ := m["content"].(string)
	return s
}

func (p *previewer) elements(v any) {
	list, _ := v.([]any)
	if p.depth++; p.depth < 8 {
		for _, e := range list {
			if m, ok := e.(map[string]any); ok {
				p.element(m)
			}
		}
	}
	p.depth--
}

// element shows what an element says. Of one that is not known it shows what
// is in it.
func (p *previewer) element(m map[string]any) {
	switch m["tag"] {
	case "collapsible_panel":
		header, _ := m["header"].(map[string]any)
		p.out.raw(`<details class="panel"><summary>`).text(content(header["title"])).raw(`</summary><div class="inside">`)
		p.elements(m["elements"])
		p.out.raw(`</div></details>`)
	case "note":
		p.out.raw(`<div class="note">`)
		p.elements(m["elements"])
		p.out.raw(`</div>`)
	case "hr":
		p.out.raw(`<hr>`)
	case "action":
		p.elements(m["actions"])
	case "button":
		p.link(content(m["text"]), address(m), "button")
	case "plain_text", "lark_md", "markdown":
		p.paragraph(m)
	default:
		if text, ok := m["text"].(map[string]any); ok {
			p.paragraph(text)
		}
		for _, key := range []string{"fields", "elements", "columns"} {
			p.elements(m[key])
		}
	}
}

func (p *previewer) paragraph(m map[string]any) {
	s, _ := m["content"].(string)
	if s == "" {
		return
	}
	class := "text"
	if m["text_size"] == "notation" {
		class += " small"
	}
	if color, ok := m["text_color"].(string); ok && slices.Contains(colors, color) {
		class += " c-" + color
	}
	if n, ok := m["lines"].(float64); ok && n > 0 {
		class += " clamp"
	}
	p.texts = append(p.texts, s)
	p.out.raw(`<p class="` + class + `">`).text(s).raw(`</p>`)
}

// address is where a button leads, in either schema.
func address(m map[string]any) string {
	if s, ok := m["url"].(string); ok {
		return s
	}
	behaviors, _ := m["behaviors"].([]any)
	for _, b := range behaviors {
		if b, ok := b.(map[string]any); ok {
			if s, ok := b["default_url"].(string); ok {
				return s
			}
		}
	}
	return ""
}

// link shows a link; only https is followed from here.
func (p *previewer) link(text, to, class string) {
	if !strings.HasPrefix(to, "https://") {
		p.out.raw(`<span class="` + class + `">`).text(text).raw(`</span>`)
		return
	}
	p.out.raw(`<a class="` + class + `" rel="noreferrer noopener" href="`).text(to).raw(`">`).text(text).raw(`</a>`)
}

// post is rich text: paragraphs of texts and links.
func (p *previewer) post(root map[string]any) {
	locales, _ := root["post"].(map[string]any)
	for _, l := range locales {
		m, _ := l.(map[string]any)
		p.title, _ = m["title"].(string)
		p.out.raw(`<div class="body"><p class="text"><b>`).text(p.title).raw(`</b></p>`)
		paragraphs, _ := m["content"].([]any)
		for _, par := range paragraphs {
			spans, _ := par.([]any)
			for _, s := range spans {
				span, _ := s.(map[string]any)
				text, _ := span["text"].(string)
				if href, ok := span["href"].(string); ok {
					p.link(text, href, "")
					continue
				}
				p.paragraph(map[string]any{"content": text})
			}
		}
		p.out.raw(`</div>`)
		return // one language is sent
	}
}

// severityMark is the colour in words for those who do not see it.
func severityMark(g alert.Group, w pageWords) string {
	if g.State == alert.Recovered {
		return w.recovered
	}
	return ""
}

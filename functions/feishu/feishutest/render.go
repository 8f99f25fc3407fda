package feishutest

import (
	"fmt"
)

// Block is a piece of a rendered message.
type Block struct {
	// Kind is text, md, hr, fields, note, columns, column, panel, table, button,
	// buttons, img or other.
	Kind  string
	Text  string
	Spans []Span
	// Lines is the height after which a text is cut, 0 is no limit.
	Lines int64
	Size  string
	Color string
	Align string
	Kids  []Block
	Head  []string
	Rows  [][]string
	URL   string
	Open  bool
	Short bool
	// Arrow and Boxed are what a panel was given; it has neither by itself.
	Arrow, Boxed bool
	Style        string
	// Weight is a column's share, 0 is as wide as its content.
	Weight int64
}

// renderCard fills in what the group shows. The card has been inspected.
func renderCard(card map[string]any, m *Message) {
	if m.Schema == "template" {
		data, _ := card["data"].(map[string]any)
		m.Title = fmt.Sprint("template ", data["template_id"])
		m.Summary = m.Title
		return
	}
	renderHeader(card, m)
	elements := card["elements"]
	if body, ok := card["body"].(map[string]any); ok && m.Schema == "2.0" {
		elements = body["elements"]
	}
	m.Blocks = renderAll(elements)
	m.Texts = append(m.Texts, textsOf(m.Blocks)...)
	config, _ := card["config"].(map[string]any)
	summary, _ := config["summary"].(map[string]any)
	m.Summary, _ = summary["content"].(string)
	for _, next := range append([]string{m.Title}, append(m.Texts, "卡片消息")...) {
		if m.Summary == "" {
			m.Summary = next
		}
	}
}

func renderHeader(card map[string]any, m *Message) {
	header, _ := card["header"].(map[string]any)
	m.Title, _ = content(header["title"])
	m.Subtitle, _ = content(header["subtitle"])
	m.Template, _ = header["template"].(string)
	tags, _ := header["text_tag_list"].([]any)
	for _, t := range tags {
		tag, _ := t.(map[string]any)
		text, _ := content(tag["text"])
		color, _ := tag["color"].(string)
		m.Tags = append(m.Tags, Tag{Text: text, Color: color})
	}
}

func content(value any) (text string, markdown bool) {
	o, _ := value.(map[string]any)
	text, _ = o["content"].(string)
	return text, o["tag"] == "lark_md"
}

func renderAll(value any) []Block {
	list, _ := value.([]any)
	var out []Block
	for _, item := range list {
		if o, ok := item.(map[string]any); ok {
			out = append(out, renderElement(o)...)
		}
	}
	return out
}

func renderElement(o map[string]any) []Block {
	tag, _ := o["tag"].(string)
	switch tag {
	case "div":
		return renderDiv(o)
	case "plain_text", "lark_md":
		return []Block{renderText(o)}
	case "markdown":
		text, _ := o["content"].(string)
		return []Block{{Kind: "md", Spans: spansOf(text), Size: str(o, "text_size"), Align: str(o, "text_align")}}
	case "hr":
		return []Block{{Kind: "hr"}}
	case "note":
		return []Block{{Kind: "note", Kids: renderAll(o["elements"])}}
	case "action":
		return []Block{{Kind: "buttons", Kids: renderAll(o["actions"])}}
	case "button":
		return []Block{renderButton(o)}
	case "column_set":
		return []Block{{Kind: "columns", Style: str(o, "flex_mode"), Color: str(o, "background_style"), Kids: renderAll(o["columns"])}}
	case "column":
		weight, _ := number(o["weight"])
		if weight == 0 && str(o, "width") == "weighted" {
			weight = 1
		}
		return []Block{{Kind: "column", Weight: weight, Color: str(o, "background_style"), Kids: renderAll(o["elements"])}}
	case "collapsible_panel":
		header, _ := o["header"].(map[string]any)
		title, _ := content(header["title"])
		b := Block{Kind: "panel", Text: title, Open: o["expanded"] == true, Kids: renderAll(o["elements"])}
		b.Arrow, b.Boxed = header["icon"] != nil, o["border"] != nil
		return []Block{b}
	case "interactive_container":
		return renderAll(o["elements"])
	case "table":
		return []Block{renderTable(o)}
	case "img":
		return []Block{{Kind: "img", Text: "[图片]"}}
	}
	return []Block{{Kind: "other", Text: "[" + tag + "]"}}
}

func str(o map[string]any, key string) string {
	s, _ := o[key].(string)
	return s
}

func renderText(value any) Block {
	o, _ := value.(map[string]any)
	text, markdown := content(o)
	b := Block{Kind: "text", Text: text, Size: str(o, "text_size"), Color: str(o, "text_color"), Align: str(o, "text_align")}
	b.Lines, _ = number(o["lines"])
	if markdown {
		b.Kind, b.Text, b.Spans = "md", "", spansOf(text)
	}
	return b
}

func renderDiv(o map[string]any) []Block {
	var out []Block
	if o["text"] != nil {
		out = append(out, renderText(o["text"]))
	}
	fields, _ := o["fields"].([]any)
	if len(fields) > 0 {
		group := Block{Kind: "fields"}
		for _, f := range fields {
			field, _ := f.(map[string]any)
			b := renderText(field["text"])
			b.Short = field["is_short"] == true
			group.Kids = append(group.Kids, b)
		}
		out = append(out, group)
	}
	if extra, ok := o["extra"].(map[string]any); ok {
		out = append(out, renderElement(extra)...)
	}
	return out
}

func renderButton(o map[string]any) Block {
	text, _ := content(o["text"])
	b := Block{Kind: "button", Text: text, Style: str(o, "type"), Size: str(o, "size"), URL: str(o, "url")}
	behaviors, _ := o["behaviors"].([]any)
	for _, item := range behaviors {
		behavior, _ := item.(map[string]any)
		if b.URL == "" {
			b.URL = str(behavior, "default_url")
		}
	}
	return b
}

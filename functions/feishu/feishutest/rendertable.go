package feishutest

import (
	"encoding/json"
	"fmt"
	"strings"
)

func renderTable(o map[string]any) Block {
	b := Block{Kind: "table"}
	columns, _ := o["columns"].([]any)
	rows, _ := o["rows"].([]any)
	var names []string
	for _, c := range columns {
		column, _ := c.(map[string]any)
		names = append(names, str(column, "name"))
		b.Head = append(b.Head, str(column, "display_name"))
	}
	for _, r := range rows {
		row, _ := r.(map[string]any)
		var cells []string
		for _, name := range names {
			cells = append(cells, cell(row[name]))
		}
		b.Rows = append(b.Rows, cells)
	}
	return b
}

func cell(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(value)
}

// textsOf is every text in the order in which it is read.
func textsOf(blocks []Block) []string {
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	for _, b := range blocks {
		var spans strings.Builder
		for _, s := range b.Spans {
			spans.WriteString(s.Text)
		}
		add(b.Text)
		add(spans.String())
		out = append(out, b.Head...)
		for _, row := range b.Rows {
			for _, c := range row {
				add(c)
			}
		}
		out = append(out, textsOf(b.Kids)...)
	}
	return out
}

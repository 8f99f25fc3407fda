package card

// v1Root is the part of card JSON 1.0 that is used: every client shows it, and
// it costs the fewest bytes of a card.
type v1Root struct {
	Header   header `json:"header"`
	Elements []any  `json:"elements"`
}

type note struct {
	Tag      string  `json:"tag"`
	Elements []plain `json:"elements"`
}

type action struct {
	Tag     string   `json:"tag"`
	Actions []button `json:"actions"`
}

// v1Card has no panel to collapse: the details stand small at the end.
func v1Card(v view) v1Root {
	var elements []any
	blocks := []string{v.headline, v.message, v.notices}
	blocks = append(blocks, v.rows...)
	for _, s := range append(blocks, v.hint) {
		if s != "" {
			elements = append(elements, newDiv(text(s)))
		}
	}
	if len(v.links) > 0 {
		row := action{Tag: "action"}
		for _, l := range v.links {
			row.Actions = append(row.Actions, button{Tag: "button", Text: text(l.text), URL: l.url})
		}
		elements = append(elements, row)
	}
	small := joinLines(v.details, v.command, joinDots(v.subtitle, v.footer))
	return v1Root{
		Header:   header{Template: v.color, Title: text(v.title)},
		Elements: append(elements, note{Tag: "note", Elements: []plain{text(small)}}),
	}
}

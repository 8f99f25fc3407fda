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
func v1Card(v View) v1Root {
	var elements []any
	blocks := []string{v.Headline, v.Message, v.Notices}
	blocks = append(blocks, v.Rows...)
	for _, s := range append(blocks, v.Hint) {
		if s != "" {
			elements = append(elements, newDiv(text(s)))
		}
	}
	if len(v.Links) > 0 {
		row := action{Tag: "action"}
		for _, l := range v.Links {
			row.Actions = append(row.Actions, button{Tag: "button", Text: text(l.Text), URL: l.URL})
		}
		elements = append(elements, row)
	}
	small := joinLines(v.Details, v.Command, joinDots(v.Subtitle, v.Footer))
	return v1Root{
		Header:   header{Template: v.Color, Title: text(v.Title)},
		Elements: append(elements, note{Tag: "note", Elements: []plain{text(small)}}),
	}
}

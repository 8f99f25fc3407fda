package card

type postBody struct {
	Post map[string]postLocale `json:"post"`
}

type postLocale struct {
	Title   string       `json:"title"`
	Content [][]postText `json:"content"`
}

type postText struct {
	Tag  string `json:"tag"`
	Text string `json:"text"`
	Href string `json:"href,omitempty"` // with tag a
}

// postContent is the last resort, which no client refuses: rich text made of
// text nodes and the operator's links, a paragraph each. The mark stands for the colour.
func postContent(v View, locale string) postBody {
	v = v.Map(Unlinked)
	blocks := []string{v.Headline, v.Message, v.Notices}
	blocks = append(blocks, v.Rows...)
	var paragraphs [][]postText
	add := func(blocks ...string) {
		for _, s := range blocks {
			if s != "" {
				paragraphs = append(paragraphs, []postText{{Tag: "text", Text: s}})
			}
		}
	}
	add(append(blocks, v.Hint, v.Details, v.Command)...)
	for _, l := range v.Links {
		paragraphs = append(paragraphs, []postText{{Tag: "a", Text: l.Text, Href: l.URL}})
	}
	add(joinDots(v.Subtitle, v.Footer))
	return postBody{Post: map[string]postLocale{
		locale: {Title: v.Mark + " " + v.Title, Content: paragraphs},
	}}
}

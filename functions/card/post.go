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
func postContent(v view, locale string) postBody {
	blocks := []string{v.headline, v.message, v.notices}
	blocks = append(blocks, v.rows...)
	var paragraphs [][]postText
	add := func(blocks ...string) {
		for _, s := range blocks {
			if s != "" {
				paragraphs = append(paragraphs, []postText{{Tag: "text", Text: s}})
			}
		}
	}
	add(append(blocks, v.hint, v.details, v.command)...)
	for _, l := range v.links {
		paragraphs = append(paragraphs, []postText{{Tag: "a", Text: l.text, Href: l.url}})
	}
	add(joinDots(v.subtitle, v.footer))
	return postBody{Post: map[string]postLocale{
		locale: {Title: v.mark + " " + v.title, Content: paragraphs},
	}}
}

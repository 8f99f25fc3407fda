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
}

// postContent is the last resort, which no client refuses: rich text made of
// nothing but text nodes, a paragraph each. The mark stands for the colour.
func postContent(v view, locale string) postBody {
	blocks := []string{v.headline, v.message, v.notices}
	blocks = append(blocks, v.rows...)
	blocks = append(blocks, v.hint, v.details, v.command, joinDots(v.subtitle, v.footer))
	var paragraphs [][]postText
	for _, s := range blocks {
		if s != "" {
			paragraphs = append(paragraphs, []postText{{Tag: "text", Text: s}})
		}
	}
	return postBody{Post: map[string]postLocale{
		locale: {Title: v.mark + " " + v.title, Content: paragraphs},
	}}
}

package feishutest

import (
	"net/http"
	"slices"
	"strings"
)

var msgTypes = []string{"text", "post", "image", "share_chat", "interactive"}

func (c *call) checkMsgType() *reply {
	if c.isV1() {
		c.msgType = "v1"
		return nil
	}
	msgType, ok := c.body["msg_type"].(string)
	if !ok || msgType == "" {
		return refuse(http.StatusOK, 19002, "params error, msg_type need")
	}
	c.msgType = msgType
	return nil
}

func (c *call) checkEnvelope() *reply {
	if c.msgType == "v1" {
		return nil
	}
	if !slices.Contains(msgTypes, c.msgType) {
		return refuse(http.StatusOK, 19002, "params error, unknown msg_type value")
	}
	key := "content"
	if c.msgType == "interactive" {
		key = "card" // an object, not a string as in the app's API
	}
	if _, ok := c.body[key].(map[string]any); !ok {
		return refuse(http.StatusOK, 19002, "params error, unknown "+key+" value")
	}
	return nil
}

// checkContent reads what is not a card.
func (c *call) checkContent() *reply {
	content, _ := c.body["content"].(map[string]any)
	c.view = Message{MsgType: c.msgType}
	ok := true
	switch c.msgType {
	case "v1":
		ok = c.readText(c.body)
	case "text":
		ok = c.readText(content)
	case "post":
		ok = c.readPost(content)
	case "image":
		ok = c.readKey(content, "image_key", "[图片]")
	case "share_chat":
		ok = c.readKey(content, "share_chat_id", "[群名片]")
	}
	if !ok {
		return c.badRequest("Bad Request: fail to parse content")
	}
	return nil
}

func (c *call) readText(content map[string]any) bool {
	text, ok := content["text"].(string)
	if !ok || text == "" {
		return false
	}
	title, _ := content["title"].(string) // version 1 alone has one
	c.view.Title = title
	for _, t := range lexMarkdown(text) {
		if id, ok := t.mention(); ok {
			c.view.Mentions = append(c.view.Mentions, id)
		}
		if t.kind == tokenURL {
			c.view.Links = append(c.view.Links, t.url)
		}
	}
	c.view.Texts = []string{text}
	c.view.Summary = text
	c.view.Blocks = []Block{{Kind: "md", Spans: spansOf(text)}}
	return true
}

func (c *call) readKey(content map[string]any, key, shown string) bool {
	value, ok := content[key].(string)
	c.view.Summary, c.view.Texts = shown, []string{shown}
	c.view.Blocks = []Block{{Kind: "text", Text: shown}}
	return ok && value != ""
}

var postTags = []string{"text", "a", "at", "img", "media", "emotion", "md", "hr", "code_block"}

func (c *call) readPost(content map[string]any) bool {
	post, ok := content["post"].(map[string]any)
	if !ok {
		return false
	}
	locale, ok := firstLocale(post)
	if !ok {
		return false
	}
	c.view.Title, _ = locale["title"].(string)
	lines, ok := locale["content"].([]any)
	if !ok {
		return false
	}
	for _, line := range lines {
		nodes, ok := line.([]any)
		if !ok || !c.readPostLine(nodes) {
			return false
		}
	}
	c.view.Summary = c.view.Title
	if c.view.Summary == "" && len(c.view.Texts) > 0 {
		c.view.Summary = c.view.Texts[0]
	}
	return true
}

func firstLocale(post map[string]any) (map[string]any, bool) {
	for _, name := range []string{"zh_cn", "en_us", "ja_jp"} {
		if value, ok := post[name]; ok {
			locale, isObject := value.(map[string]any)
			return locale, isObject
		}
	}
	return nil, false
}

func (c *call) readPostLine(nodes []any) bool {
	var spans []Span
	var text strings.Builder
	for _, n := range nodes {
		node, ok := n.(map[string]any)
		if !ok {
			return false
		}
		tag, _ := node["tag"].(string)
		if !slices.Contains(postTags, tag) {
			return false
		}
		more, ok := c.readPostNode(tag, node)
		if !ok {
			return false
		}
		for _, s := range more {
			text.WriteString(s.Text)
		}
		spans = append(spans, more...)
	}
	c.view.Blocks = append(c.view.Blocks, Block{Kind: "md", Spans: spans})
	if text.Len() > 0 {
		c.view.Texts = append(c.view.Texts, text.String())
	}
	return true
}

func (c *call) readPostNode(tag string, node map[string]any) ([]Span, bool) {
	text, isString := node["text"].(string)
	switch tag {
	case "text", "code_block":
		return []Span{{Kind: "text", Text: text}}, isString
	case "a":
		href, _ := node["href"].(string)
		c.view.Links = append(c.view.Links, href)
		return []Span{{Kind: "link", Text: text, URL: href}}, isString && checkURL(href) == nil
	case "at":
		id, ok := node["user_id"].(string)
		c.view.Mentions = append(c.view.Mentions, id)
		return []Span{{Kind: "at", Text: "@" + id}}, ok && id != ""
	case "img":
		key, ok := node["image_key"].(string)
		return []Span{{Kind: "text", Text: "[图片]"}}, ok && key != ""
	case "md":
		for _, t := range lexMarkdown(text) {
			if id, ok := t.mention(); ok {
				c.view.Mentions = append(c.view.Mentions, id)
			}
			if t.url != "" {
				c.view.Links = append(c.view.Links, t.url)
			}
		}
		return spansOf(text), isString
	}
	return nil, true
}

// checkKeyword looks where the real bot looks: into what a reader sees as text
// and title, not into links, ids or table cells.
func (c *call) checkKeyword() *reply {
	if len(c.opts.Keywords) == 0 {
		return nil
	}
	var b strings.Builder
	collectText(c.body, &b)
	seen := b.String()
	if slices.ContainsFunc(c.opts.Keywords, func(k string) bool { return strings.Contains(seen, k) }) {
		return nil
	}
	return refuse(http.StatusOK, 19024, "Key Words Not Found")
}

func collectText(value any, b *strings.Builder) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			s, isString := inner.(string)
			if isString && (key == "text" || key == "title" || key == "content") {
				b.WriteString(s + "\n")
			}
			collectText(inner, b)
		}
	case []any:
		for _, inner := range v {
			collectText(inner, b)
		}
	}
}

func (c *call) checkCard() *reply {
	if c.msgType != "interactive" {
		return nil
	}
	card, _ := c.body["card"].(map[string]any)
	i := &inspector{opts: c.opts, ids: map[string]bool{}, view: &c.view}
	if err := i.inspect(card); err != nil {
		return refuse(http.StatusOK, 11246, err.Error())
	}
	renderCard(card, &c.view)
	return nil
}

func (c *call) checkAtAll() *reply {
	if c.opts.ForbidAtAll && slices.Contains(c.view.Mentions, "all") {
		return refuse(http.StatusOK, 11235, "this group is set to only admin can mention @All")
	}
	return nil
}

func (c *call) checkDLP() *reply {
	plain := c.view.Plain()
	if slices.ContainsFunc(c.opts.DLPWords, func(w string) bool { return w != "" && strings.Contains(plain, w) }) {
		return refuse(http.StatusOK, 11248, "message is sensitive")
	}
	return nil
}

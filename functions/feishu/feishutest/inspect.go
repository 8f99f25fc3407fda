package feishutest

import "errors"

// CheckCard says what Feishu would find wrong with a card, in its words; nil
// when nothing. The rules are the same for a custom bot and an app.
func CheckCard(card map[string]any) error {
	i := &inspector{opts: Options{}.withDefaults(), ids: map[string]bool{}, view: &Message{}}
	return i.inspect(card)
}

// CheckPost is CheckCard for the content of a post: locales with title and
// lines of nodes.
func CheckPost(locales map[string]any) error {
	c := &call{opts: Options{}.withDefaults()}
	if !c.readPost(map[string]any{"post": locales}) {
		return errors.New("fail to parse content")
	}
	return nil
}

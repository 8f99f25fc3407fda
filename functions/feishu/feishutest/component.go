package feishutest

import (
	"regexp"
	"slices"
	"unicode/utf8"
)

// component checks an element: anything with a tag that stands on its own.
func (i *inspector) component(o map[string]any, at place) error {
	tag, _ := o["tag"].(string)
	if i.v2 && slices.Contains(v1Only, tag) {
		return cardError{sub: 200861, path: at.path,
			msg: "cards of schema V2 no longer support this capability", value: "unsupported tag " + tag}
	}
	if err := i.belongs(tag, at); err != nil {
		return err
	}
	i.elements++
	at.depth++
	if at.depth > maxNesting {
		return cardError{sub: 11310, msg: "component nesting exceeds the limit", value: tag}
	}
	if slices.Contains(otherTags, tag) {
		i.warn("component %s is not looked into", tag)
		return nil
	}
	at.in = tag
	return i.object(o, tag, at)
}

// components are the shapes that are elements.
var components = []string{"div", "markdown", "hr", "img", "column_set", "collapsible_panel", "interactive_container",
	"table", "button", "note", "action"}

// belongs refuses unknown components and those in a wrong place.
func (i *inspector) belongs(tag string, at place) error {
	switch {
	case !slices.Contains(components, tag) && !slices.Contains(otherTags, tag):
		return cardError{sub: 11310, msg: "unsupported type of block", value: tag}
	case tag == "table" && at.in != "":
		return unparsable("table must stand at the root, path: %s", at.path)
	case tag == "action" && at.in == "column":
		return cardError{sub: 200410, msg: "action components are not allowed in the column"}
	case !i.v2 && tag == "button" && at.in == "":
		return cardError{sub: 11310, msg: "unsupported type of block", value: tag}
	}
	return nil
}

// text checks a text object. In plain_text nothing is live.
func (i *inspector) text(o map[string]any, at place) error {
	tag, _ := o["tag"].(string)
	if tag != "plain_text" && tag != "lark_md" {
		return cardError{sub: 11310, msg: "unsupported type of block", value: tag}
	}
	content, ok := o["content"].(string)
	if !ok {
		if _, translated := o["i18n_content"]; !translated {
			return unparsable("type mismatch, content is not a string, path: %s", at.path)
		}
	}
	i.elements++
	if err := i.object(o, tag, at); err != nil {
		return err
	}
	if tag == "lark_md" {
		return i.markdown(content, at)
	}
	return nil
}

const maxButtonText = 100

// special is what the shape cannot say.
func (i *inspector) special(o map[string]any, name string, at place) error {
	switch name {
	case "header":
		return i.header(o, at)
	case "markdown":
		content, ok := o["content"].(string)
		if !ok {
			return unparsable("type mismatch, content is not a string, path: %s", at.path)
		}
		return i.markdown(content, at)
	case "link", "behavior":
		return i.addresses(o, name)
	case "button":
		return i.button(o)
	case "img":
		if key, _ := o["img_key"].(string); !slices.Contains(i.opts.ImageKeys, key) {
			return cardError{sub: 200570, msg: "invalid image key", value: key}
		}
	case "table":
		return i.table(o, at)
	case "plain_text", "lark_md":
		if lines, ok := o["lines"]; ok {
			if n, isNumber := number(lines); !isNumber || n < 1 {
				return unparsable("type mismatch, property: lines, path: %s", at.path)
			}
		}
	case "collapsible_panel":
		if _, ok := o["header"].(map[string]any); !ok {
			return unparsable("header is required, path: %s", at.path)
		}
	}
	return nil
}

func (i *inspector) header(o map[string]any, at place) error {
	if _, ok := o["title"].(map[string]any); !ok {
		return unparsable("type mismatch, title is required, path: %s", at.path)
	}
	if template, ok := o["template"].(string); ok && !slices.Contains(headerTemplates, template) {
		i.warn("header template %q is not one of the colours", template)
	}
	if tags, _ := o["text_tag_list"].([]any); len(tags) > 3 {
		i.warn("only three of %d tags are shown", len(tags))
	}
	return nil
}

const unsupportedLink = "lark://msgcard/unsupported_action"

func (i *inspector) addresses(o map[string]any, name string) error {
	if name == "behavior" && o["type"] == "callback" {
		i.warn("a custom bot gets no callback")
	}
	for _, key := range []string{"url", "default_url", "pc_url", "ios_url", "android_url"} {
		address, ok := o[key].(string)
		if !ok || address == "" || address == unsupportedLink {
			continue
		}
		if err := i.address(address); err != nil {
			return err
		}
	}
	return nil
}

func (i *inspector) address(address string) error {
	if err := checkURL(address); err != nil {
		return cardError{sub: 11310, msg: err.Error(), value: address}
	}
	if !slices.Contains(i.view.Links, address) {
		i.view.Links = append(i.view.Links, address)
	}
	return nil
}

func (i *inspector) button(o map[string]any) error {
	label, _ := o["text"].(map[string]any)
	content, _ := label["content"].(string)
	if utf8.RuneCountInString(content) > maxButtonText {
		return cardError{sub: 11310, msg: "button text is too long"}
	}
	if o["value"] != nil {
		i.warn("a custom bot gets no callback")
	}
	if address, ok := o["url"].(string); ok && address != "" {
		return i.address(address)
	}
	return nil
}

var elementID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,19}$`)

func (i *inspector) elementID(value any) error {
	id, ok := value.(string)
	if !ok || !elementID.MatchString(id) {
		return cardError{sub: 300301, msg: "invalid element_id", value: id}
	}
	if i.ids[id] {
		return cardError{sub: 300301, msg: "duplicate element_id", value: id}
	}
	i.ids[id] = true
	return nil
}

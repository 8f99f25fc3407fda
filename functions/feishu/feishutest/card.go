package feishutest

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// place is where in the card we are.
type place struct {
	path  string
	block int    // number of the root's element, from 1
	tag   string // of that element
	depth int    // of components in components
	in    string // the surrounding component's tag, "" at the root
}

func (p place) step(name string) place {
	p.path += " -> " + name
	return p
}

// inspector walks one card.
type inspector struct {
	opts     Options
	v2       bool
	elements int
	tables   int
	ids      map[string]bool
	view     *Message
}

func (i *inspector) warn(format string, args ...any) {
	i.view.Warnings = append(i.view.Warnings, fmt.Sprintf(format, args...))
}

const (
	maxElements = 200
	maxNesting  = 5
	maxTables   = 5
)

func (i *inspector) inspect(card map[string]any) error {
	if card["type"] == "template" {
		i.view.Schema = "template"
		return i.template(card)
	}
	switch schema := card["schema"]; schema {
	case nil, "1.0":
		i.view.Schema = "1.0"
	case "2.0":
		i.view.Schema, i.v2 = "2.0", true
	default:
		return unparsable("unknown schema %v", schema)
	}
	root := place{path: "ROOT"}
	var err error
	if i.v2 {
		err = i.rootV2(card, root)
	} else {
		err = i.rootV1(card, root)
	}
	if err != nil {
		return err
	}
	if i.elements > maxElements {
		return cardError{sub: 11310, msg: "element exceeds the limit"}
	}
	return nil
}

func (i *inspector) rootV2(card map[string]any, at place) error {
	if err := i.object(card, "root", at); err != nil {
		return err
	}
	if config, ok := card["config"].(map[string]any); ok && config["update_multi"] == false {
		return cardError{sub: 300302, msg: "update_multi must be true in schema 2.0"}
	}
	body, ok := card["body"].(map[string]any)
	if !ok {
		i.warn("card has no body")
		return nil
	}
	if elements, _ := body["elements"].([]any); len(elements) == 0 {
		return unparsable("elements is empty, path: ROOT -> body")
	}
	return nil
}

func (i *inspector) rootV1(card map[string]any, at place) error {
	for key, kind := range map[string]string{"header": "header", "card_link": "link"} {
		if err := i.sub(card[key], kind, at.step(key)); err != nil {
			return err
		}
	}
	if err := i.sub(card["elements"], "[elements", at.step("elements")); err != nil {
		return err
	}
	if _, ok := card["body"]; ok {
		i.warn("body is ignored in schema 1.0")
	}
	locales, _ := card["i18n_elements"].(map[string]any)
	for name, elements := range locales {
		if err := i.sub(elements, "[elements", at.step("i18n_elements").step(name)); err != nil {
			return err
		}
	}
	return nil
}

func (i *inspector) template(card map[string]any) error {
	data, _ := card["data"].(map[string]any)
	id, _ := data["template_id"].(string)
	allowed, known := i.opts.Templates[id]
	if !known {
		return cardError{sub: 200380, msg: "template is not published", value: id}
	}
	if !allowed {
		return cardError{sub: 200381, msg: "template is not visible", value: id}
	}
	variables, _ := data["template_variable"].(map[string]any)
	for name, value := range variables {
		if _, ok := value.(string); !ok {
			return cardError{sub: 200732, msg: "template variable has a wrong type", value: name}
		}
	}
	return nil
}

// object checks the properties of one object against its shape.
func (i *inspector) object(o map[string]any, name string, at place) error {
	s := shapes[name]
	for _, key := range sortedKeys(o) {
		if i.v2 && (!s.knows(key) || slices.Contains(notInV2[name], key)) {
			return unparsable("unknown property, property: %s, path: %s", key, at.path)
		}
		kind, ok := s.subs[key]
		if !ok {
			continue
		}
		if err := i.sub(o[key], kind, at.step(key)); err != nil {
			return err
		}
	}
	if id, ok := o["element_id"]; ok {
		if err := i.elementID(id); err != nil {
			return err
		}
	}
	return i.special(o, name, at)
}

func sortedKeys(o map[string]any) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// sub checks a property's value by the kind its shape names.
func (i *inspector) sub(value any, kind string, at place) error {
	if value == nil || kind == "map" {
		return nil
	}
	if inner, ok := strings.CutPrefix(kind, "["); ok {
		list, isList := value.([]any)
		if !isList {
			return unparsable("type mismatch, want a list, path: %s", at.path)
		}
		for n, item := range list {
			if err := i.item(item, inner, n, at); err != nil {
				return err
			}
		}
		return nil
	}
	o, ok := value.(map[string]any)
	if !ok {
		return unparsable("type mismatch, want an object, path: %s", at.path)
	}
	switch kind {
	case "text":
		return i.text(o, at)
	case "element":
		return i.component(o, at)
	case "icon":
		i.elements++
	}
	return i.object(o, kind, at)
}

func (i *inspector) item(item any, kind string, n int, at place) error {
	o, ok := item.(map[string]any)
	if !ok {
		return unparsable("type mismatch, want an object, path: %s -> [%d]", at.path, n)
	}
	tag, _ := o["tag"].(string)
	at.path += fmt.Sprintf(" -> [%d](tag: %s)", n, tag)
	if at.in == "" {
		at.block, at.tag = n+1, tag
	}
	switch kind {
	case "elements":
		return i.component(o, at)
	case "note_elements":
		if tag == "img" {
			return i.component(o, at)
		}
		return i.text(o, at)
	case "text_tag", "column":
		if tag != kind {
			return cardError{sub: 11310, msg: "unsupported type of block", value: tag}
		}
		i.elements++
		if kind == "column" {
			at.in, at.depth = "column", at.depth+1
		}
	}
	return i.object(o, kind, at)
}

func number(value any) (int64, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	whole, err := n.Int64()
	return whole, err == nil
}

package feishutest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/google/go-cmp/cmp"
)

func v2(elements ...string) string {
	return `{"schema":"2.0","body":{"elements":[` + strings.Join(elements, ",") + `]}}`
}

func v1(elements ...string) string {
	return `{"elements":[` + strings.Join(elements, ",") + `]}`
}

func div(tag, content string) string {
	return fmt.Sprintf(`{"tag":"div","text":{"tag":%q,"content":%q}}`, tag, content)
}

func repeat(n int, element string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = element
	}
	return out
}

const oneTable = `{"tag":"table","page_size":10,"columns":[{"name":"a","display_name":"A","data_type":"text"}],"rows":[{"a":"1"}]}`

// nested puts an element into n panels.
func nested(n int, element string) string {
	for range n {
		element = `{"tag":"collapsible_panel","header":{"title":{"tag":"plain_text","content":"p"}},"elements":[` + element + `]}`
	}
	return element
}

func TestCardChecks(t *testing.T) {
	const bad = "ErrCode: 200621; ErrMsg: parse card json err, please check whether the card json is correct; ErrorValue: "
	for name, tt := range map[string]struct {
		card string
		want string // the message of 11246; empty: accepted
	}{
		"empty card":               {`{}`, ""},
		"unknown schema":           {`{"schema":"3.0"}`, bad + "unknown schema 3.0; "},
		"2.0 div":                  {v2(div("plain_text", "x")), ""},
		"2.0 root elements":        {`{"schema":"2.0","elements":[]}`, bad + "unknown property, property: elements, path: ROOT; "},
		"2.0 fallback":             {`{"schema":"2.0","fallback":{}}`, bad + "unknown property, property: fallback, path: ROOT; "},
		"2.0 no elements":          {v2(), bad + "elements is empty, path: ROOT -> body; "},
		"2.0 wide_screen_mode":     {`{"schema":"2.0","config":{"wide_screen_mode":true},"body":{"elements":[{"tag":"hr"}]}}`, ""},
		"2.0 update_multi":         {`{"schema":"2.0","config":{"update_multi":false},"body":{"elements":[{"tag":"hr"}]}}`, "ErrCode: 300302; ErrMsg: update_multi must be true in schema 2.0; "},
		"2.0 unknown property":     {v2(`{"tag":"hr"}`, `{"tag":"markdown","content":"x","text_color":"red"}`), bad + "unknown property, property: text_color, path: ROOT -> body -> elements -> [1](tag: markdown); "},
		"1.0 unknown property":     {v1(`{"tag":"markdown","content":"x","text_color":"red"}`), ""},
		"2.0 column corner":        {v2(`{"tag":"column_set","columns":[{"tag":"column","corner_radius":"4px"}]}`), bad + "unknown property, property: corner_radius, path: ROOT -> body -> elements -> [0](tag: column_set) -> columns -> [0](tag: column); "},
		"2.0 button url":           {v2(`{"tag":"button","text":{"tag":"plain_text","content":"x"},"url":"https://x.example"}`), bad + "unknown property, property: url, path: ROOT -> body -> elements -> [0](tag: button); "},
		"2.0 note":                 {v2(`{"tag":"note","elements":[]}`), "ErrCode: 200861; ErrPath: ROOT -> body -> elements -> [0](tag: note); ErrMsg: cards of schema V2 no longer support this capability; ErrorValue: unsupported tag note; "},
		"1.0 note":                 {v1(`{"tag":"note","elements":[{"tag":"plain_text","content":"x"}]}`), ""},
		"1.0 unknown tag":          {v1(`{"tag":"divider"}`), "ErrCode: 11310; ErrMsg: unsupported type of block; ErrorValue: divider; "},
		"1.0 button at root":       {v1(`{"tag":"button","text":{"tag":"plain_text","content":"x"}}`), "ErrCode: 11310; ErrMsg: unsupported type of block; ErrorValue: button; "},
		"1.0 action in column":     {v1(`{"tag":"column_set","columns":[{"tag":"column","elements":[{"tag":"action","actions":[]}]}]}`), "ErrCode: 200410; ErrMsg: action components are not allowed in the column; "},
		"title a string":           {`{"header":{"title":"x"}}`, bad + "type mismatch, want an object, path: ROOT -> header -> title; "},
		"title missing":            {`{"header":{}}`, bad + "type mismatch, title is required, path: ROOT -> header; "},
		"200 elements":             {v2(repeat(100, div("plain_text", "x"))...), ""},
		"202 elements":             {v2(repeat(101, div("plain_text", "x"))...), "ErrCode: 11310; ErrMsg: element exceeds the limit; "},
		"nested 5":                 {v2(nested(4, `{"tag":"hr"}`)), ""},
		"nested 6":                 {v2(nested(5, `{"tag":"hr"}`)), "ErrCode: 11310; ErrMsg: component nesting exceeds the limit; ErrorValue: hr; "},
		"5 tables":                 {v2(repeat(5, oneTable)...), ""},
		"6 tables":                 {v2(repeat(6, oneTable)...), "ErrCode: 11310; ErrMsg: card table number over limit; ErrorValue: table; "},
		"5 tables and markdown's":  {v2(append(repeat(5, oneTable), `{"tag":"markdown","content":"|a|b|\n|---|---|\n|1|2|"}`)...), "ErrCode: 11310; ErrMsg: card table number over limit; ErrorValue: table; "},
		"49 markdown rows":         {v2(fmt.Sprintf(`{"tag":"markdown","content":%q}`, "|a|b|\n|---|---|\n"+strings.Repeat("|1|2|\n", 49))), ""},
		"50 markdown rows":         {v2(fmt.Sprintf(`{"tag":"markdown","content":%q}`, "|a|b|\n|---|---|\n"+strings.Repeat("|1|2|\n", 50))), "ErrCode: 11310; ErrMsg: element exceeds the limit; "},
		"table in panel":           {v2(nested(1, oneTable)), bad + "table must stand at the root, path: ROOT -> body -> elements -> [0](tag: collapsible_panel) -> elements -> [0](tag: table); "},
		"table undeclared column":  {v2(strings.Replace(oneTable, `{"a":"1"}`, `{"b":"1"}`, 1)), "ErrCode: 200915; ErrMsg: table row key is not a column; ErrorValue: b; "},
		"table text is no text":    {v2(strings.Replace(oneTable, `{"a":"1"}`, `{"a":1}`, 1)), "ErrCode: 200914; ErrMsg: table rows are invalid; ErrorValue: a; "},
		"table page size":          {v2(strings.Replace(oneTable, `"page_size":10`, `"page_size":11`, 1)), bad + "page_size is out of range, path: ROOT -> body -> elements -> [0](tag: table); "},
		"element_id twice":         {v2(`{"tag":"hr","element_id":"a"}`, `{"tag":"hr","element_id":"a"}`), "ErrCode: 300301; ErrMsg: duplicate element_id; ErrorValue: a; "},
		"element_id wrong":         {v2(`{"tag":"hr","element_id":"1a"}`), "ErrCode: 300301; ErrMsg: invalid element_id; ErrorValue: 1a; "},
		"at junk in markdown":      {v2(`{"tag":"markdown","content":"<at id=junk></at>"}`), "ErrCode: 100290; ErrMsg: there is an invalid user resource (at/person) in your card; ErrorValue: junk; "},
		"at junk in inline code":   {v2("{\"tag\":\"markdown\",\"content\":\"`<at id=junk></at>`\"}"), "ErrCode: 100290; ErrMsg: there is an invalid user resource (at/person) in your card; ErrorValue: junk; "},
		"at junk in a fence":       {v2("{\"tag\":\"markdown\",\"content\":\"```\\n<at id=junk></at>\\n```\"}"), ""},
		"fence broken open":        {v2("{\"tag\":\"markdown\",\"content\":\"```\\n```\\n<at id=junk></at>\\n```\"}"), "ErrCode: 100290; ErrMsg: there is an invalid user resource (at/person) in your card; ErrorValue: junk; "},
		"at junk in plain_text":    {v2(div("plain_text", "<at id=junk></at>")), ""},
		"at junk in title lark_md": {`{"header":{"title":{"tag":"lark_md","content":"<at id=junk></at>"}}}`, "ErrCode: 100290; ErrMsg: there is an invalid user resource (at/person) in your card; ErrorValue: junk; "},
		"javascript link":          {v1(div("lark_md", "[x](javascript:1)")), "ErrCode: 11310; ErrMsg: scheme not in scheme whitelist; ErrorValue: javascript:1; "},
		"space in link":            {v1(div("lark_md", "[x](https://a.example/?q=a b)")), "ErrCode: 11310; ErrMsg: invalid url; ErrorValue: https://a.example/?q=a b; "},
		"address before Chinese":   {v1(div("lark_md", "https://a.example查看")), "ErrCode: 11310; ErrMsg: invalid url; ErrorValue: https://a.example查看; "},
		"image":                    {v1(div("lark_md", "![a](b)")), "ErrCode: 200570; ErrMsg: invalid image key; ErrorValue: b; "},
		"button scheme":            {v2(`{"tag":"button","text":{"tag":"plain_text","content":"x"},"behaviors":[{"type":"open_url","default_url":"ftp://x.example"}]}`), "ErrCode: 11310; ErrMsg: scheme not in scheme whitelist; ErrorValue: ftp://x.example; "},
		"button long":              {v2(fmt.Sprintf(`{"tag":"button","text":{"tag":"plain_text","content":%q}}`, strings.Repeat("长", 101))), "ErrCode: 11310; ErrMsg: button text is too long; "},
		"text a number":            {v2(`{"tag":"div","text":{"tag":"plain_text","content":1}}`), bad + "type mismatch, content is not a string, path: ROOT -> body -> elements -> [0](tag: div) -> text; "},
		"unknown template":         {`{"type":"template","data":{"template_id":"AAq1"}}`, "ErrCode: 200380; ErrMsg: template is not published; ErrorValue: AAq1; "},
		"foreign template":         {`{"type":"template","data":{"template_id":"AAqForeign"}}`, "ErrCode: 200381; ErrMsg: template is not visible; ErrorValue: AAqForeign; "},
		"template variable":        {`{"type":"template","data":{"template_id":"AAqOurs","template_variable":{"n":1}}}`, "ErrCode: 200732; ErrMsg: template variable has a wrong type; ErrorValue: n; "},
		"template":                 {`{"type":"template","data":{"template_id":"AAqOurs","template_variable":{"n":"1"}}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bot := start(t, feishutest.Options{Templates: map[string]bool{"AAqOurs": true, "AAqForeign": false}})
			want := answer{200, 0, "success"}
			if tt.want != "" {
				want = answer{200, 11246, tt.want}
			}
			got := post(t, bot, `{"msg_type":"interactive","card":`+tt.card+`}`)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("answer (-want +got)\n%s", diff)
			}
		})
	}
}

func TestLegacyTags(t *testing.T) {
	body := `{"msg_type":"interactive","card":` + v1(div("lark_md", "exit <nil>")) + `}`
	bot := start(t, feishutest.Options{LegacyTags: true})
	want := answer{200, 11246, "path: message->card->1th block(div)->element(text)->2th md(code); err_msg: unsupported type of html tag; err_type: validation; "}
	if got := post(t, bot, body); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	bot.Configure(func(o *feishutest.Options) { o.LegacyTags = false })
	if got := post(t, bot, body); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	if diff := cmp.Diff([]string{"text <nil> disappears in markdown"}, bot.Messages()[0].Warnings); diff != "" {
		t.Errorf("warnings (-want +got)\n%s", diff)
	}
}

// TestRender looks at what a reader sees, and at what is live in it.
func TestRender(t *testing.T) {
	type view struct {
		Summary, Plain  string
		Mentions, Links []string
		Warnings        []string
	}
	const live = "<at id=all></at> [x](https://a.example) https://b.example"
	none := []string{}
	for name, tt := range map[string]struct {
		body string
		want view
	}{
		"2.0": {`{"msg_type":"interactive","card":{"schema":"2.0","config":{"summary":{"content":"S"}},
			"header":{"template":"Red","title":{"tag":"plain_text","content":"T"},"subtitle":{"tag":"plain_text","content":"U"},
			"text_tag_list":[{"tag":"text_tag","text":{"tag":"plain_text","content":"W"},"color":"orange"}]},
			"body":{"elements":[` + div("plain_text", "a") + `,{"tag":"hr"},` + nested(1, div("plain_text", "in")) + `,
			{"tag":"div","fields":[{"is_short":true,"text":{"tag":"plain_text","content":"f"}}]},` + oneTable + `,
			{"tag":"button","text":{"tag":"plain_text","content":"B"},"behaviors":[{"type":"open_url","default_url":"https://c.example"}]}]}}}`,
			view{"S", "T\nU\n[W]\na\np\nin\nf\nA\n1\nB", none, []string{"https://c.example"}, []string{`header template "Red" is not one of the colours`}}},
		"plain_text is dead": {`{"msg_type":"interactive","card":` + v2(div("plain_text", live)) + `}`,
			view{live, live, none, none, none}},
		"lark_md is live": {`{"msg_type":"interactive","card":` + v1(div("lark_md", live)) + `}`,
			view{"@all x https://b.example", "@all x https://b.example", []string{"all"}, []string{"https://a.example", "https://b.example"}, none}},
		"text is live": {`{"msg_type":"text","content":{"text":"<at user_id=\"all\">x</at> https://b.example"}}`,
			view{`<at user_id="all">x</at> https://b.example`, `<at user_id="all">x</at> https://b.example`, []string{"all"}, []string{"https://b.example"}, none}},
		"post": {`{"msg_type":"post","content":{"post":{"zh_cn":{"title":"T","content":[[{"tag":"text","text":"<at user_id=\"all\"></at>"}],[{"tag":"a","text":"l","href":"https://a.example"},{"tag":"at","user_id":"all"}]]}}}}`,
			view{"T", "T\n<at user_id=\"all\"></at>\nl@all", []string{"all"}, []string{"https://a.example"}, none}},
	} {
		t.Run(name, func(t *testing.T) {
			bot := start(t, feishutest.Options{})
			if got := post(t, bot, tt.body); got.Code != 0 {
				t.Fatalf("%+v", got)
			}
			m := bot.Messages()[0]
			got := view{m.Summary, m.Plain(), m.Mentions, m.Links, m.Warnings}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("message (-want +got)\n%s", diff)
			}
		})
	}
}

func TestPostChecks(t *testing.T) {
	bot := start(t, feishutest.Options{})
	for name, content := range map[string]string{
		"no locale":       `{"post":{"content":[]}}`,
		"flat content":    `{"post":{"zh_cn":{"content":[{"tag":"text","text":"x"}]}}}`,
		"unknown tag":     `{"post":{"zh_cn":{"content":[[{"tag":"b","text":"x"}]]}}}`,
		"javascript href": `{"post":{"zh_cn":{"content":[[{"tag":"a","text":"x","href":"javascript:1"}]]}}}`,
		"text a number":   `{"post":{"zh_cn":{"content":[[{"tag":"text","text":1}]]}}}`,
	} {
		want := answer{http.StatusBadRequest, 9499, "Bad Request: fail to parse content"}
		if got := post(t, bot, `{"msg_type":"post","content":`+content+`}`); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

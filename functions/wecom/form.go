package wecom

import (
	"strings"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/robot"
)

// What a robot takes, in bytes of UTF-8 (path 99110).
const (
	MaxMarkdown = 4096
	MaxText     = 2048
)

type message struct {
	MsgType  string    `json:"msgtype"`
	Markdown *markdown `json:"markdown,omitempty"`
	Text     *text     `json:"text,omitempty"`
}

type markdown struct {
	Content string `json:"content"`
}

// text mentions nobody.
type text struct {
	Content   string   `json:"content"`
	Mentioned []string `json:"mentioned_list"`
}

// Markdown is the richest form.
func Markdown(v card.View) (card.Message, error) {
	content := markdownOf(v)
	out, err := robot.Encode("markdown", message{MsgType: "markdown", Markdown: &markdown{content}})
	out.Size = len(content) // the robot does not count what is around it
	return out, err
}

// Text is the last form.
func Text(v card.View) (card.Message, error) {
	content := robot.Text(v)
	out, err := robot.Encode("text", message{MsgType: "text", Text: &text{content, []string{}}})
	out.Size = len(content)
	return out, err
}

// fontOf are the three colours that the robot's markdown has.
var fontOf = map[string]string{"red": "warning", "orange": "warning", "green": "info", "blue": "comment"}

// markdownOf uses of the robot's markdown (headings, bold, links, code, quotes
// and three colours) quotes, links, bold and colours. Its only tags are our own.
func markdownOf(v card.View) string {
	title := robot.Markdown(robot.Line(v.Mark+" "+v.Title), " ")
	if font := fontOf[v.Color]; font != "" {
		title = `<font color="` + font + `">` + title + `</font>`
	}
	out := []string{"**" + title + "**"}
	add := func(prefix string, blocks ...string) {
		for _, s := range blocks {
			if s != "" {
				out = append(out, prefix+robot.Markdown(s, "\n"+prefix))
			}
		}
	}
	add("", v.Headline)
	add("> ", v.Message)
	add("", v.Notices)
	add("", v.Rows...)
	add("", v.Hint)
	add("> ", v.Details)
	add("", robot.Line(v.Command))
	var links []string
	for _, l := range v.Links {
		links = append(links, robot.Link(l.Text, l.URL))
	}
	if len(links) > 0 {
		out = append(out, strings.Join(links, " "))
	}
	return strings.Join(append(out, robot.Foot(robot.Markdown(robot.Line(v.Subtitle), " "), v.Footer)), "\n")
}

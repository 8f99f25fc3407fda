package dingtalk

import (
	"strings"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/robot"
)

const (
	// MaxBody is the largest request that a robot takes, in bytes: beyond it
	// code 460101 says "message too long, exceed 20000 bytes". The guide does
	// not give the number.
	MaxBody = 20000
	maxBody = MaxBody - 500

	// lineBreak is as the guide wants it: two spaces on both sides.
	lineBreak = "  \n  "
)

type message struct {
	MsgType  string    `json:"msgtype"`
	Markdown *markdown `json:"markdown,omitempty"`
	Text     *text     `json:"text,omitempty"`
	At       at        `json:"at"`
}

type markdown struct {
	Title string `json:"title"` // in the list of chats
	Text  string `json:"text"`
}

type text struct {
	Content string `json:"content"`
}

// at mentions nobody: a number behind an @ in the text rings only the phones
// that stand here.
type at struct {
	IsAtAll bool `json:"isAtAll"`
}

// Forms are how messages look: markdown, then plain text. Every message holds
// keyword to the letter.
func Forms(keyword string) []card.Form {
	return []card.Form{
		func(v card.View) (card.Message, error) {
			body := robot.WithKeyword(markdownOf(v), keyword)
			return robot.Encode("markdown", message{
				MsgType:  "markdown",
				Markdown: &markdown{Title: robot.Line(v.Mark + " " + v.Title), Text: body},
			})
		},
		func(v card.View) (card.Message, error) {
			return robot.Encode("text", message{MsgType: "text", Text: &text{robot.WithKeyword(robot.Text(v), keyword)}})
		},
	}
}

// markdownOf uses headings, quotes and links alone of the subset that the guide
// lists (headings, quotes, bold, italic, links, pictures, lists).
func markdownOf(v card.View) string {
	out := []string{"#### " + robot.Markdown(robot.Line(v.Mark+" "+v.Title), " ")}
	add := func(prefix string, blocks ...string) {
		for _, s := range blocks {
			if s != "" {
				out = append(out, prefix+robot.Markdown(s, lineBreak))
			}
		}
	}
	add("> ", robot.Line(v.Subtitle))
	add("", v.Headline, v.Message, v.Notices)
	add("", v.Rows...)
	add("", v.Hint, v.Details)
	add("> ", robot.Line(v.Command))
	var links []string
	for _, l := range v.Links {
		links = append(links, robot.Link(l.Text, l.URL))
	}
	if len(links) > 0 {
		out = append(out, strings.Join(links, " · "))
	}
	return strings.Join(append(out, "###### "+v.Footer), "\n\n")
}

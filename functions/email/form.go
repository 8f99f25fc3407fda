package email

import (
	"encoding/json"
	"strings"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/robot"
)

// maxSubject bounds a subject in bytes: encoded it must stay a header that
// every server takes (RFC 5322 has lines of at most 998).
const maxSubject = 300

// letter is a message before it is encoded for the wire.
type letter struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	// ID and Thread are the left sides of the Message-ID and of the id that
	// all letters about one story refer to; Thread may be empty.
	ID     string `json:"id,omitempty"`
	Thread string `json:"thread,omitempty"`
	Date   string `json:"date,omitempty"`
}

// Forms are how messages look: with all that there is to say, then without
// what a server's filter may have taken offence at, the message and the links.
func Forms() []card.Form {
	return []card.Form{
		full,
		func(v card.View) (card.Message, error) {
			v.Message, v.Links, v.Command, v.Hint = "", nil, "", ""
			return full(v)
		},
	}
}

// full is plain text, an empty line between its paragraphs. Foreign text loses
// what a mail client would make a link of.
func full(v card.View) (card.Message, error) {
	blocks := append([]string{v.Headline, v.Message, v.Hint, v.Notices}, v.Rows...)
	var paragraphs []string
	for _, s := range append(blocks, v.Details, v.Command) {
		if s != "" {
			paragraphs = append(paragraphs, robot.Plain(s))
		}
	}
	for _, l := range v.Links {
		paragraphs = append(paragraphs, robot.Plain(l.Text)+": "+strings.Join(strings.Fields(l.URL), ""))
	}
	paragraphs = append(paragraphs, robot.Foot(robot.Plain(v.Subtitle), v.Footer))
	raw, err := json.Marshal(letter{
		ID:      v.ID,
		Subject: card.Truncate(robot.Line(v.Mark+" "+v.Title), maxSubject),
		Text:    strings.Join(paragraphs, "\n\n"),
	})
	return card.Message{MsgType: "mail", Payload: raw}, err
}

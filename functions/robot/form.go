package robot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/edgebell/edgebell/functions/card"
)

// Text tells a view in plain text, for the last form that a robot takes.
func Text(v card.View) string {
	blocks := append([]string{v.Mark + " " + v.Title, v.Headline, v.Message, v.Notices}, v.Rows...)
	blocks = append(blocks, v.Hint, v.Details, v.Command)
	var lines []string
	for _, s := range blocks {
		if s != "" {
			lines = append(lines, Plain(s))
		}
	}
	for _, l := range v.Links {
		lines = append(lines, Plain(l.Text)+" "+urlEnds.Replace(visible(l.URL)))
	}
	return strings.Join(append(lines, Foot(Plain(v.Subtitle), v.Footer)), "\n")
}

// Foot joins the cluster and the footer. The footer is our own and the
// operator's keyword, which the robot wants to the letter.
func Foot(subtitle, footer string) string {
	if subtitle == "" {
		return footer
	}
	return subtitle + " · " + footer
}

// WithKeyword adds the keyword where escaping took it out of the text.
func WithKeyword(text, keyword string) string {
	if keyword == "" || strings.Contains(text, keyword) {
		return text
	}
	return text + " " + keyword
}

// Encode is the body of a request, without the \uXXXX that HTML escaping makes.
func Encode(msgType string, body any) (card.Message, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return card.Message{}, fmt.Errorf("encode message: %w", err)
	}
	return card.Message{MsgType: msgType, Payload: bytes.TrimSuffix(b.Bytes(), []byte("\n"))}, nil
}

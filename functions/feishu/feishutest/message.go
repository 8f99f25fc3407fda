package feishutest

import (
	"encoding/json"
	"strings"
	"time"
)

// Message is one accepted message, as the group would show it.
type Message struct {
	N        int             `json:"n"`
	Received time.Time       `json:"received"`
	MsgType  string          `json:"msg_type"`
	Schema   string          `json:"schema,omitempty"` // of a card: "1.0", "2.0" or "template"
	Raw      json.RawMessage `json:"raw"`
	Parsed   map[string]any  `json:"-"`

	// Summary is the line of the notification and of the list of chats.
	Summary  string   `json:"summary"`
	Title    string   `json:"title"`
	Subtitle string   `json:"subtitle,omitempty"`
	Template string   `json:"template,omitempty"` // the header's colour
	Tags     []Tag    `json:"tags,omitempty"`
	Texts    []string `json:"texts"`
	// Mentions and Links are live: somebody is called, something can be
	// clicked. Text that merely looks so is not here.
	Mentions []string `json:"mentions"`
	Links    []string `json:"links"`
	// Warnings is what passed and will not do what its author hoped.
	Warnings []string `json:"warnings"`

	// WireOut and WireIn are the bytes above TCP that the client spent on this
	// message, the handshake included when it was the connection's first. The
	// answer's own bytes are those of the answer before.
	WireOut int64 `json:"wire_out"`
	WireIn  int64 `json:"wire_in"`

	Blocks []Block `json:"-"`
}

// Tag is a coloured tag of a card's header.
type Tag struct {
	Text  string `json:"text"`
	Color string `json:"color"`
}

// Plain is the message as text: title, subtitle, tags and every text in order.
func (m Message) Plain() string {
	var lines []string
	for _, s := range []string{m.Title, m.Subtitle} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	for _, t := range m.Tags {
		lines = append(lines, "["+t.Text+"]")
	}
	return strings.Join(append(lines, m.Texts...), "\n")
}

// Answer is one request and what became of it.
type Answer struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"` // 0 when the connection was broken instead
	Code   int       `json:"code"`
	Msg    string    `json:"msg"`
	// Check names the check or the fault that answered.
	Check string `json:"check"`
	// Accepted is the number of the message that now stands in the group, 0 if
	// none does.
	Accepted int `json:"accepted,omitempty"`
	Bytes    int `json:"bytes"` // of the request's body
}

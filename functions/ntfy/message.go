package ntfy

import (
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/webhook"
)

// The server's bounds (https://docs.ntfy.sh/publish/#limitations and
// server/config.go of its source): bytes of a message, and of the whole JSON,
// which the server reads up to twice that.
const (
	maxMessage = 4096
	maxJSON    = 2 * maxMessage
	maxTitle   = 250 // what notifications show, with much to spare
)

// message is https://docs.ntfy.sh/publish/#publish-as-json without the topic,
// which Send adds. Without "markdown" nothing in it is read as markup.
type message struct {
	Title    string   `json:"title,omitempty"`
	Message  string   `json:"message"`
	Priority int      `json:"priority"`
	Tags     []string `json:"tags,omitempty"`
	Click    string   `json:"click,omitempty"`
}

// look is the priority (5 overrides quiet hours, 3 is normal, 2 makes no sound)
// and the tag, which clients show as an emoji before the title.
type look struct {
	priority int
	tag      string
}

var looks = map[string]look{
	"red":    {5, "rotating_light"},
	"orange": {4, "warning"},
	"blue":   {3, "information_source"},
	"green":  {3, "white_check_mark"},
}

func lookOf(v card.View) look {
	l := looks[v.Color]
	if v.Topic == card.TopicHeartbeat {
		l.priority = 2
	}
	return l
}

// rich is the first form.
func rich(v card.View) (card.Message, error) {
	v = v.Map(card.Unlinked)
	look := lookOf(v)
	title := card.Truncate(v.Title, maxTitle)
	if title != v.Title {
		v.Headline = v.Title + "\n" + v.Headline
	}
	m := message{Title: title, Priority: look.priority, Tags: []string{look.tag}}
	for _, l := range v.Links {
		if m.Click == "" {
			m.Click = l.URL
		}
	}
	v.Mark, v.Title = "", ""
	m.Message = v.Text()
	return encode(m)
}

// plain is the form for servers that refuse the first.
func plain(v card.View) (card.Message, error) {
	return encode(message{Message: v.Map(card.Unlinked).Text(), Priority: 3})
}

// encode counts what is nearer to its bound, the message or the whole.
func encode(m message) (card.Message, error) {
	raw, err := webhook.EncodeJSON(m)
	whole := (len(raw) + len(`"topic":"",`) + 64) * maxMessage / maxJSON
	return card.Message{MsgType: "message", Payload: raw, Size: max(len(m.Message), whole+1)}, err
}

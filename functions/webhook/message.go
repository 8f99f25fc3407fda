package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/edgebell/edgebell/functions/card"
)

// Version is that of Message. Fields are added without a new one; a field that
// changes its meaning or goes away makes a new one.
const Version = 1

// Message is the body of a request without a template. What comes from the
// cluster is untrusted text: a receiver must not read markup in it.
type Message struct {
	Version int `json:"version"`
	// Topic is story, digest, notice, heartbeat or test.
	Topic string `json:"topic"`
	// ID is the same when a message is sent again because its answer was lost.
	ID      string `json:"id"`
	Cluster string `json:"cluster"`
	// Severity is critical, warning, info, or ok for a story that is over.
	Severity string `json:"severity"`
	Title    string `json:"title"`
	// Text says what is not in the stories: how often and since when in words,
	// what a reason usually comes from, notices. Where stories are missing,
	// because the receiver refused them, it says all.
	Text    string `json:"text,omitempty"`
	Command string `json:"command,omitempty"` // to look further with
	Links   []Link `json:"links,omitempty"`
	// Stories are the story that the message is about and those told with it,
	// or those of a digest, the gravest first; MoreStories counts those that a
	// digest does not name.
	Stories     []card.Told `json:"stories,omitempty"`
	MoreStories int         `json:"moreStories,omitempty"`
}

// Link is one of the operator's own addresses.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

var severities = map[string]string{"red": "critical", "orange": "warning", "blue": "info", "green": "ok"}

// data is the richest form: what a program reads.
func data(cluster string, most int) card.Form {
	return func(v card.View) (card.Message, error) {
		m := message(cluster, v)
		m.Text = paragraphs(v.Headline, v.Hint, v.Notices)
		m.Command, m.Stories, m.MoreStories = v.Command, v.Stories, v.More
		for _, l := range v.Links {
			m.Links = append(m.Links, Link{l.Text, l.URL})
		}
		if n := len(m.Stories); n > 0 && v.Topic == card.TopicStory {
			m.Stories = append([]card.Told(nil), m.Stories...)
			m.Stories[0].Message = v.Message // as cut to fit
		}
		out, err := encode(m)
		if err == nil && len(out.Payload) > most && v.Topic == card.TopicStory {
			return encode(lean(m))
		}
		return out, err
	}
}

// lean is a story's message for little room: objects are counted, and the
// stories told with it too.
func lean(m Message) Message {
	first := m.Stories[0]
	for _, o := range first.Objects {
		first.MoreObjects += o.Count
	}
	first.Objects = nil
	m.MoreStories += len(m.Stories) - 1
	m.Stories = []card.Told{first}
	return m
}

// text is the plainer form, for receivers that refuse the first.
func text(cluster string) card.Form {
	return func(v card.View) (card.Message, error) {
		m := message(cluster, v)
		m.Text = paragraphs(v.Body(), v.Command)
		return encode(m)
	}
}

func message(cluster string, v card.View) Message {
	if len(v.Stories) > 0 {
		cluster = v.Stories[0].Cluster
	}
	return Message{Version: Version, Topic: v.Topic, ID: v.ID, Cluster: cluster, Severity: severities[v.Color], Title: v.Title}
}

func paragraphs(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

func encode(m any) (card.Message, error) {
	raw, err := EncodeJSON(m)
	return card.Message{MsgType: "json", Payload: raw}, err
}

// EncodeJSON marshals without HTML escaping, which would spend six bytes on
// every angle bracket.
func EncodeJSON(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

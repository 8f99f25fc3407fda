package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/wire"
)

const (
	codeSignature = 19021

	// MaxBody is the largest body a custom bot takes by its official guide.
	MaxBody = 20 << 10
)

// Message is one message before it is signed.
type Message struct {
	// MsgType is "interactive" (Payload is the card) or "post" (Payload is the
	// content, {"post":{…}}).
	MsgType string
	// Payload must be a JSON object.
	Payload json.RawMessage
}

// envelope has the order of the official examples.
type envelope struct {
	Timestamp string          `json:"timestamp,omitempty"`
	Sign      string          `json:"sign,omitempty"`
	MsgType   string          `json:"msg_type"`
	Content   json.RawMessage `json:"content,omitempty"`
	Card      json.RawMessage `json:"card,omitempty"`
}

// encode signs and marshals. HTML escaping stays off: it would spend six bytes
// on every < of a message.
func (c *Client) encode(m Message, at time.Time) ([]byte, error) {
	env := envelope{MsgType: m.MsgType}
	switch m.MsgType {
	case "interactive":
		env.Card = m.Payload
	case "post":
		env.Content = m.Payload
	default:
		return nil, fmt.Errorf("encode message: msg_type %q is not taken, want interactive or post", wire.Clean(m.MsgType, 20))
	}
	if !json.Valid(m.Payload) || bytes.TrimLeft(m.Payload, " \t\r\n")[0] != '{' {
		return nil, errors.New("encode message: payload is not a JSON object")
	}
	if c.cfg.Secret != "" {
		env.Timestamp, env.Sign = Sign(at, c.cfg.Secret)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(env); err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	body := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if len(body) > MaxBody {
		return nil, fmt.Errorf("encode message: %d bytes, the bot takes %d", len(body), MaxBody)
	}
	return body, nil
}

package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
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
		return nil, fmt.Errorf("encode message: msg_type %q is not taken, want interactive or post", clean(m.MsgType, 20))
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

// requestSize and responseSize are estimates: the transport writes a few header
// lines of its own.
func requestSize(req *http.Request, body int) int64 {
	line := len("POST  HTTP/1.1\r\n") + len(req.URL.RequestURI())
	own := len("Host: \r\nContent-Length: 12345\r\n") + len(req.URL.Host)
	return int64(line + own + headerSize(req.Header) + len("\r\n") + body)
}

func responseSize(resp *http.Response, body int) int64 {
	line := len("HTTP/1.1 \r\n") + len(resp.Status)
	return int64(line + headerSize(resp.Header) + len("\r\n") + body)
}

func headerSize(h http.Header) int {
	n := 0
	for key, values := range h {
		for _, v := range values {
			n += len(key) + len(": \r\n") + len(v)
		}
	}
	return n
}

// safe takes the address out of a transport's error.
func (c *Client) safe(err error) error {
	var outer *url.Error
	cause := err
	if errors.As(err, &outer) {
		cause = outer.Err
	}
	return &safeError{
		text: clean(c.redact(cause.Error()), maxMsg),
		is:   func(target error) bool { return errors.Is(cause, target) },
		as:   func(target any) bool { return errors.As(cause, target) },
	}
}

package feishuapp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/edgebell/edgebell/functions/notify"
)

// message is a Part's payload: the request without the chat.
type message struct {
	MsgType string `json:"msg_type"`
	// Content is JSON in a string.
	Content string `json:"content"`
	// UUID is at most 50 bytes; of two messages that bear the same within an
	// hour one is shown.
	UUID string `json:"uuid"`
	// Editable messages are cards of schema 2.0, which are shared by all
	// readers; older ones are not.
	Editable bool `json:"editable,omitempty"`
}

// messageOf turns a custom bot's message into an app's.
func messageOf(o notify.Outgoing, p notify.Part) (notify.Part, error) {
	m := message{MsgType: p.MsgType, Content: string(p.Payload), UUID: uuidOf(o, p)}
	if p.MsgType == "post" {
		var wrapped struct {
			Post json.RawMessage `json:"post"`
		}
		if err := json.Unmarshal(p.Payload, &wrapped); err != nil {
			return p, fmt.Errorf("read post: %w", err)
		}
		m.Content = string(wrapped.Post)
	} else {
		var root struct {
			Schema string `json:"schema"`
		}
		if err := json.Unmarshal(p.Payload, &root); err != nil {
			return p, fmt.Errorf("read card: %w", err)
		}
		m.Editable = root.Schema == "2.0"
	}
	raw, err := json.Marshal(m)
	p.Payload = raw
	return p, err
}

// uuidOf is the same for each try to tell the same news, however often they
// are rendered anew, and another one for what comes after.
func uuidOf(o notify.Outgoing, p notify.Part) string {
	h := sha256.New()
	if len(o.Groups) == 0 {
		_, _ = h.Write(p.Payload)
	}
	for _, i := range p.Groups {
		if i < len(o.Groups) {
			g := o.Groups[i]
			_, _ = fmt.Fprintf(h, "%s %x %d %d %v\n", o.Route, g.Fingerprint, g.Instance(), g.Delivered[o.Route], g.State)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

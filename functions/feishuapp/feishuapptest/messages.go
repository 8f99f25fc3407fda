package feishuapptest

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

func (a *App) create(now time.Time, fields map[string]string) webhooktest.Reply {
	for k := range fields {
		if !slices.Contains([]string{"receive_id", "msg_type", "content", "uuid"}, k) {
			return refuse(99992402, "field validation failed: unknown field %s", k)
		}
	}
	switch {
	case fields["receive_id"] == "":
		return refuse(230001, "Your request contains an invalid request parameter, ext=invalid receive_id")
	case fields["receive_id"] != Chat:
		return refuse(230002, "Bot/User can NOT be out of the chat.")
	case len(fields["uuid"]) > 50:
		return refuse(99992402, "field validation failed: uuid")
	}
	if r, ok := check(fields["msg_type"], fields["content"]); !ok {
		return r
	}
	if i := slices.IndexFunc(a.messages, func(m *Message) bool {
		return m.uuid != "" && m.uuid == fields["uuid"] && now.Sub(m.At) < uuidLife
	}); i >= 0 {
		return accepted(a.messages[i])
	}
	if a.Limited && !within(&a.sent, now) {
		return refuse(230020, "This operation triggers the frequency limit, ext=chat rate limit")
	}
	m := &Message{ID: fmt.Sprintf("om_%032d", len(a.messages)+1), MsgType: fields["msg_type"], Content: fields["content"], At: now, uuid: fields["uuid"]}
	a.messages = append(a.messages, m)
	return accepted(m)
}

func (a *App) patch(now time.Time, id string, fields map[string]string) webhooktest.Reply {
	content, ok := fields["content"]
	if !ok || len(fields) != 1 {
		return refuse(99992402, "field validation failed: content")
	}
	i := slices.IndexFunc(a.messages, func(m *Message) bool { return m.ID == id })
	if i < 0 {
		return refuse(230110, "The message has been deleted")
	}
	m := a.messages[i]
	switch {
	case m.MsgType != "interactive":
		return refuse(230001, "Your request contains an invalid request parameter, ext=not a card")
	case now.Sub(m.At) > editable:
		return refuse(230031, "message is sent over 14 days")
	}
	if r, ok := check("interactive", content); !ok {
		return r
	}
	if !shared(m.Content) || !shared(content) {
		return refuse(230001, "Your request contains an invalid request parameter, ext=update_multi must be true")
	}
	if recent := m.Edits; a.Limited && !within(&recent, now) {
		return refuse(230020, "This operation triggers the frequency limit, ext=message rate limit")
	}
	m.Content, m.Edits = content, append(m.Edits, now)
	return answer(http.StatusOK, 0, "success", map[string]any{})
}

// shared says that all readers see one state of the card: always so in schema
// 2.0, by update_multi before.
func shared(content string) bool {
	card, err := webhooktest.DecodeStrict([]byte(content))
	if err != nil {
		return false
	}
	config, _ := card["config"].(map[string]any)
	return card["schema"] == "2.0" || config["update_multi"] == true
}

// check is what the platform finds wrong with a message.
func check(msgType, content string) (webhooktest.Reply, bool) {
	if len(content) > maxCard {
		return refuse(230025, "The length of the message content reaches its limit."), false
	}
	root, err := webhooktest.DecodeStrict([]byte(content))
	if err != nil {
		return refuse(230001, "Your request contains an invalid request parameter, ext=content: %v", err), false
	}
	switch msgType {
	case "interactive":
		if err := feishutest.CheckCard(root); err != nil {
			return refuse(230099, "Failed to create card content, ext=%v", err), false
		}
	case "post":
		if err := feishutest.CheckPost(root); err != nil {
			return refuse(230001, "Your request contains an invalid request parameter, ext=%v", err), false
		}
	default:
		return refuse(230001, "Your request contains an invalid request parameter, ext=unsupported msg_type %s", msgType), false
	}
	return webhooktest.Reply{}, true
}

func accepted(m *Message) webhooktest.Reply {
	return answer(http.StatusOK, 0, "success", map[string]any{"message_id": m.ID, "chat_id": Chat, "msg_type": m.MsgType})
}

// within counts a call unless there were too many in the last second.
func within(calls *[]time.Time, now time.Time) bool {
	recent := slices.DeleteFunc(slices.Clone(*calls), func(at time.Time) bool { return now.Sub(at) >= time.Second })
	if len(recent) >= perSecond {
		return false
	}
	*calls = append(recent, now)
	return true
}

// Package telegramtest stands in for Telegram's Bot API and is stricter: it
// refuses unknown fields, entities that do not fit the text, text that would
// call somebody, and more than 20 messages a minute to the group. It listens on
// loopback only.
//
// Begin with NewServer.
package telegramtest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// The bot and its group.
const (
	Token = "123456789:AAs3cr3tOfTheBot-0123456789_abcdefg"
	Chat  = "-1001234567890"
)

// Server has one bot in one group.
type Server struct {
	*webhooktest.Server
	// Limited keeps the group's rate: 20 messages a minute.
	Limited bool
	// Thread is the group's one topic; 0 is none.
	Thread int64

	mu     sync.Mutex
	chat   string // its number now
	old    string // its number before it became a supergroup
	bucket webhooktest.Bucket
	texts  []string // by message_id - 1
}

// NewServer starts a server.
func NewServer() *Server {
	s := &Server{chat: Chat, bucket: webhooktest.Bucket{Burst: 20, Every: 3 * time.Second}}
	s.Server = webhooktest.NewServer(s.Judge)
	return s
}

// Migrate makes the group a supergroup with a new number.
func (s *Server) Migrate(to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old, s.chat = s.chat, to
}

// Texts are the messages as they stand now.
func (s *Server) Texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.texts...)
}

// Error is an answer that is not ok. parameters may be nil.
func Error(code int, description string, parameters map[string]any) webhooktest.Reply {
	m := map[string]any{"ok": false, "error_code": code, "description": description}
	if parameters != nil {
		m["parameters"] = parameters
	}
	return reply(code, m)
}

func reply(status int, m map[string]any) webhooktest.Reply {
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return webhooktest.Reply{Status: status, Body: string(raw), Header: map[string]string{"Content-Type": "application/json"}}
}

// Judge is the API's answer.
func (s *Server) Judge(req webhooktest.Request) webhooktest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, method, ok := strings.Cut(strings.TrimPrefix(req.URL.RequestURI(), "/bot"), "/")
	switch {
	case !ok || !strings.HasPrefix(req.URL.Path, "/bot") || !strings.Contains(token, ":"):
		return Error(404, "Not Found", nil)
	case token != Token:
		return Error(401, "Unauthorized", nil)
	case method != "sendMessage" && method != "editMessageText":
		return Error(404, "Not Found: method not found", nil)
	case req.Method != http.MethodPost || req.Header.Get("Content-Type") != "application/json; charset=utf-8":
		return Error(400, "Bad Request: message text is empty", nil)
	}
	m, err := webhooktest.DecodeStrict(req.Raw)
	if err != nil {
		return Error(400, "Bad Request: can't parse JSON object: "+err.Error(), nil)
	}
	if refused := s.chatOf(m); refused != nil {
		return *refused
	}
	if err := checkMessage(m, method == "editMessageText"); err != nil {
		return Error(400, "Bad Request: "+err.Error(), nil)
	}
	if method == "editMessageText" {
		return s.edit(m, req.At)
	}
	return s.send(m, req.At)
}

func (s *Server) chatOf(m map[string]any) *webhooktest.Reply {
	var refused webhooktest.Reply
	chat, _ := m["chat_id"].(json.Number)
	switch {
	case s.old != "" && chat.String() == s.old:
		refused = Error(400, "Bad Request: group chat was upgraded to a supergroup chat", map[string]any{"migrate_to_chat_id": json.Number(s.chat)})
	case chat.String() != s.chat:
		refused = Error(400, "Bad Request: chat not found", nil)
	case fmt.Sprint(m["message_thread_id"]) != fmt.Sprint(s.Thread) && m["message_thread_id"] != nil:
		refused = Error(400, "Bad Request: message thread not found", nil)
	default:
		return nil
	}
	return &refused
}

func (s *Server) send(m map[string]any, now time.Time) webhooktest.Reply {
	if s.Limited {
		if wait, ok := s.bucket.Take(now); !ok {
			seconds := int64(math.Ceil(wait.Seconds()))
			return Error(429, fmt.Sprintf("Too Many Requests: retry after %d", seconds), map[string]any{"retry_after": seconds})
		}
	}
	s.texts = append(s.texts, m["text"].(string))
	return s.message(int64(len(s.texts)), now)
}

func (s *Server) edit(m map[string]any, now time.Time) webhooktest.Reply {
	number, _ := m["message_id"].(json.Number)
	id, err := number.Int64()
	switch {
	case err != nil || id < 1 || id > int64(len(s.texts)):
		return Error(400, "Bad Request: message to edit not found", nil)
	case s.texts[id-1] == m["text"]:
		return Error(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message", nil)
	}
	s.texts[id-1] = m["text"].(string)
	return s.message(id, now)
}

func (s *Server) message(id int64, now time.Time) webhooktest.Reply {
	return reply(http.StatusOK, map[string]any{"ok": true, "result": map[string]any{
		"message_id": id, "date": now.Unix(), "chat": map[string]any{"id": json.Number(s.chat), "type": "supergroup"}, "text": s.texts[id-1],
	}})
}

package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

type channel struct {
	*webhook.Poster
	api   string // up to the method; it holds the token
	cards *card.Renderer
	log   *slog.Logger

	mu     sync.Mutex
	chat   string // JSON of chat_id
	thread int64
}

// New makes the Channel of one chat. It can edit its messages. The config must
// be valid.
func New(cfg Config, cards card.Config, o webhook.Options) (notify.Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	cfg = cfg.trimmed()
	r, err := o.Cards(cards, maxText, "", rich, plain)
	if err != nil {
		return nil, err
	}
	chat := cfg.ChatID
	if strings.HasPrefix(chat, "@") {
		chat = strconv.Quote(chat)
	}
	_, secret, _ := strings.Cut(cfg.Token, ":")
	return &channel{
		Poster: webhook.NewPoster(o, cfg.Token, secret), api: cfg.URL + "/bot" + cfg.Token + "/",
		cards: r, log: o.Logger(), chat: chat, thread: cfg.ThreadID,
	}, nil
}

func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	return notify.RenderCards(c.cards, level, o)
}

// Send counts as delivered only "ok": true. A group that became a supergroup
// has a new number; it is taken over, said, and the message sent once more.
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	return c.call(ctx, "sendMessage", p, "")
}

// Update edits the message that ref names, which is "chat:number": numbers count
// within a chat, so that of another chat would be another message here.
func (c *channel) Update(ctx context.Context, ref string, p notify.Part) (notify.Receipt, error) {
	at := strings.LastIndexByte(ref, ':')
	id, err := strconv.ParseInt(ref[at+1:], 10, 64)
	if at < 0 || err != nil || id <= 0 || ref[:at] != c.current() {
		return notify.Receipt{}, &notify.SendError{Outcome: notify.MessageRefused, Err: fmt.Errorf("edit message: %.60q names no message of this chat", ref)}
	}
	r, err := c.call(ctx, "editMessageText", p, `,"message_id":`+strconv.FormatInt(id, 10))
	r.Ref = ref
	return r, err
}

func (c *channel) call(ctx context.Context, method string, p notify.Part, more string) (notify.Receipt, error) {
	receipt, moved, fail := c.attempt(ctx, method, p, more)
	if moved && method != "sendMessage" {
		fail.Outcome = notify.MessageRefused // its number was the old chat's
	}
	if fail != nil && moved && method == "sendMessage" {
		first := receipt
		receipt, _, fail = c.attempt(ctx, method, p, more)
		receipt.BytesOut, receipt.BytesIn, receipt.Took = receipt.BytesOut+first.BytesOut, receipt.BytesIn+first.BytesIn, receipt.Took+first.Took
	}
	if fail != nil {
		return receipt, fail
	}
	return receipt, nil
}

// attempt is one request. moved says that the chat's new number is known now.
func (c *channel) attempt(ctx context.Context, method string, p notify.Part, more string) (_ notify.Receipt, moved bool, _ *notify.SendError) {
	chat := c.current()
	answer, receipt, broken := c.Post(ctx, wire.Request{URL: c.api + method, Body: c.body(method, chat, p, more)})
	if broken != nil {
		return receipt, false, broken
	}
	said, fail := c.judge(answer)
	if fail != nil {
		return receipt, c.move(said.Parameters.MigrateToChatID), fail
	}
	if said.Result.MessageID > 0 {
		receipt.LogID = strconv.FormatInt(said.Result.MessageID, 10)
		receipt.Ref = chat + ":" + receipt.LogID
	}
	return receipt, false, nil
}

// body puts the chat before the payload's own fields.
func (c *channel) body(method, chat string, p notify.Part, more string) []byte {
	head := `{"chat_id":` + chat + more
	if c.thread > 0 && method == "sendMessage" {
		head += `,"message_thread_id":` + strconv.FormatInt(c.thread, 10)
	}
	return append([]byte(head+","), strings.TrimPrefix(string(p.Payload), "{")...)
}

// current is the chat, as JSON.
func (c *channel) current() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chat
}

func (c *channel) move(to json.Number) bool {
	if _, err := to.Int64(); err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.chat == to.String() {
		return false
	}
	c.chat = to.String()
	c.log.Warn("the Telegram group has become a supergroup with a new number: set CHAT_ID to it", "chat", c.chat)
	return true
}

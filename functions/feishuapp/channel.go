package feishuapp

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
)

const messagesPath = "/open-apis/im/v1/messages"

// Channel tells through one app into one group. It is safe for concurrent use.
type Channel struct {
	caller *caller
	chat   string
	cards  *card.Renderer
	quota  *quota
	now    func() time.Time

	mu sync.Mutex
	// lost is the uuid of a message whose answer was lost: it may stand in the
	// group already, as it was rendered then.
	lost string
}

var _ notify.Updater = (*Channel)(nil)

// New makes the Channel of one app. The config must be valid. It does no I/O.
func New(cfg Config, cards card.Config, o webhook.Options) (*Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	r, err := card.New(cards, card.Options{Cluster: o.Cluster})
	if err != nil {
		return nil, fmt.Errorf("prepare cards: %w", err)
	}
	now := o.Clock
	if now == nil {
		now = time.Now
	}
	c := &Channel{
		chat: strings.TrimSpace(cfg.Chat), cards: r, now: now,
		quota: newQuota(cmp.Or(cfg.CallsPerMonth, defaultCalls), now()),
	}
	c.caller = newCaller(cfg, o, now)
	return c, nil
}

// Render makes Feishu's cards, as a custom bot shows them.
func (c *Channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	parts, err := notify.RenderCards(c.cards, level, o)
	if err != nil {
		return nil, err
	}
	for i, p := range parts {
		if parts[i], err = messageOf(o, p); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// Send delivers one message. After a lost answer it is shown once all the same,
// with what it says now.
func (c *Channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	m, err := read(p)
	if err != nil {
		return notify.Receipt{}, err
	}
	body, err := json.Marshal(map[string]string{"receive_id": c.chat, "msg_type": m.MsgType, "content": m.Content, "uuid": m.UUID})
	if err != nil {
		return notify.Receipt{}, &notify.SendError{Outcome: notify.MessageRefused, Err: fmt.Errorf("encode message: %w", err)}
	}
	c.quota.take(c.now())
	id, receipt, fail := c.caller.call(ctx, http.MethodPost, messagesPath+"?receive_id_type=chat_id", body)
	twice := c.note(m.UUID, fail)
	if fail != nil {
		return receipt, fail
	}
	if !m.Editable {
		return receipt, nil
	}
	if id != "" {
		receipt.Ref = c.chat + refSeparator + id
	}
	if twice {
		edit, err := c.edit(ctx, id, p)
		add(&receipt, edit)
		_ = err // the group holds the message as it was, which is no reason to tell it again
	}
	return receipt, nil
}

// note keeps in mind whose answer was lost, and says whether it was this one's.
func (c *Channel) note(uuid string, fail *notify.SendError) (twice bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	twice = c.lost == uuid
	switch {
	case fail != nil && fail.Outcome == notify.Ambiguous:
		c.lost = uuid
	case fail == nil && twice:
		c.lost = ""
	}
	return twice
}

// refSeparator stands between chat_id and message_id in a reference.
const refSeparator = "/"

// Update puts p in the place of an earlier message, silently. A message that is
// gone or older than 14 days is refused, and so is one in another group, where
// this one's readers would not see it; a reference without a group is of before
// they were kept.
func (c *Channel) Update(ctx context.Context, ref string, p notify.Part) (notify.Receipt, error) {
	chat, id, ok := strings.Cut(ref, refSeparator)
	if !ok {
		chat, id = c.chat, ref
	}
	if chat != c.chat {
		return notify.Receipt{}, &notify.SendError{Outcome: notify.MessageRefused, Err: fmt.Errorf("edit message: %.90q is in another group", ref)}
	}
	receipt, err := c.edit(ctx, id, p)
	if err == nil {
		receipt.Ref = ref
	}
	return receipt, err
}

func (c *Channel) edit(ctx context.Context, id string, p notify.Part) (notify.Receipt, error) {
	m, err := read(p)
	if err != nil {
		return notify.Receipt{}, err
	}
	if !m.Editable {
		return notify.Receipt{}, &notify.SendError{Outcome: notify.MessageRefused, Err: fmt.Errorf("edit message: a %s cannot take a card's place", m.MsgType)}
	}
	body, err := json.Marshal(map[string]string{"content": m.Content})
	if err != nil {
		return notify.Receipt{}, &notify.SendError{Outcome: notify.MessageRefused, Err: fmt.Errorf("encode message: %w", err)}
	}
	c.quota.take(c.now())
	_, receipt, fail := c.caller.call(ctx, http.MethodPatch, messagesPath+"/"+url.PathEscape(id), body)
	if fail != nil {
		return receipt, fail
	}
	return receipt, nil
}

// EditsIn is how long edits have to wait for the month's calls to last; zero
// when one may be made now.
func (c *Channel) EditsIn() time.Duration { return c.quota.editsIn(c.now()) }

// Clock is the far side's, as far as its answers have shown it.
func (c *Channel) Clock() (offset time.Duration, sure bool) { return c.caller.poster.Clock() }

func read(p notify.Part) (message, error) {
	var m message
	if err := json.Unmarshal(p.Payload, &m); err != nil {
		return m, &notify.SendError{Outcome: notify.MessageRefused, Err: fmt.Errorf("read message: %w", err)}
	}
	return m, nil
}

func add(r *notify.Receipt, more notify.Receipt) {
	r.BytesOut, r.BytesIn, r.Took = r.BytesOut+more.BytesOut, r.BytesIn+more.BytesIn, r.Took+more.Took
}

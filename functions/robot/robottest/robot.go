package robottest

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// Answer is a robot's. The zero value is success.
type Answer struct {
	Code int    `json:"errcode"`
	Msg  string `json:"errmsg"`
}

// Code is the fault of one answer of the robot's, whatever was sent.
func Code(code int, msg string) webhooktest.Fault {
	return webhooktest.Answer(Answer{code, msg}.reply())
}

func (a Answer) reply() webhooktest.Reply {
	raw, err := json.Marshal(a)
	if err != nil {
		panic(err) // a number and a text
	}
	return webhooktest.Reply{Status: http.StatusOK, Header: map[string]string{"Content-Type": "application/json"}, Body: string(raw)}
}

// Message is what a group shows.
type Message struct {
	MsgType string
	Title   string
	Text    string
	Markup  Markup // of Text
}

// Options say what a robot takes. Check is required.
type Options struct {
	// Check refuses a request with an Answer, or reads its Message.
	Check func(webhooktest.Request) (Message, *Answer)
	// PerMinute messages are accepted; one more is answered Limited, and so is
	// everything for Penalty. 0 is no limit.
	PerMinute int
	Penalty   time.Duration
	Limited   Answer
	// Path is the address's, with its query.
	Path string
}

// Robot is one robot in one group. Its methods may be called at any time.
type Robot struct {
	*webhooktest.Server
	opts Options

	mu       sync.Mutex
	accepted []time.Time
	until    time.Time // of the penalty
	messages []Message
}

// New starts a robot on loopback. Close it.
func New(opts Options) *Robot {
	b := &Robot{opts: opts}
	b.Server = webhooktest.NewServer(func(r webhooktest.Request) webhooktest.Reply { return b.take(r).reply() })
	return b
}

// Address is the webhook's.
func (b *Robot) Address() string { return b.URL() + b.opts.Path }

// Messages is what the group shows, oldest first.
func (b *Robot) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// take checks, counts and keeps one message.
func (b *Robot) take(r webhooktest.Request) Answer {
	message, refused := b.opts.Check(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case refused != nil:
		return *refused
	case b.limited(r.At):
		return b.opts.Limited
	}
	b.messages = append(b.messages, message)
	b.accepted = append(b.accepted, r.At)
	return Answer{0, "ok"}
}

// limited needs b.mu.
func (b *Robot) limited(now time.Time) bool {
	for len(b.accepted) > 0 && now.Sub(b.accepted[0]) >= time.Minute {
		b.accepted = b.accepted[1:]
	}
	if b.opts.PerMinute > 0 && len(b.accepted) >= b.opts.PerMinute {
		b.until = now.Add(b.opts.Penalty)
		return true
	}
	return now.Before(b.until)
}

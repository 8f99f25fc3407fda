package feishutest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

const hookPath = "/open-apis/bot/v2/hook/"

// Bot is one custom bot in one group. Its methods may be called at any time and
// from several goroutines.
type Bot struct {
	// URL is the webhook's address once Start or StartTLS has been called.
	URL string

	server *http.Server
	wire   *wire
	certs  *certificates
	closed chan struct{}

	mu       sync.Mutex
	opts     Options
	clock    func() time.Time
	offset   time.Duration
	rand     *rand.Rand
	script   []Fault
	always   Fault
	outages  []window
	limiter  limiter
	gateway  limiter
	messages []Message
	answers  []Answer
	count    int
	changed  chan struct{} // closed and replaced with each answer
}

type window struct{ from, to time.Time }

// NewBot makes a bot that does not listen yet. It is an http.Handler, too.
func NewBot(opts Options) *Bot {
	opts = opts.withDefaults()
	return &Bot{
		opts:    opts,
		wire:    newWire(),
		clock:   time.Now,
		rand:    rand.New(rand.NewPCG(opts.Seed, 0)),
		changed: make(chan struct{}),
		closed:  make(chan struct{}),
	}
}

// Path is the webhook's path, token included.
func (b *Bot) Path() string { return hookPath + b.options().Token }

func (b *Bot) options() Options {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opts
}

// Configure changes the bot's settings while it runs.
func (b *Bot) Configure(change func(*Options)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.opts)
	b.opts = b.opts.withDefaults()
	b.wire.bandwidth.Store(int64(b.opts.Bandwidth))
}

// SetClock replaces the time the bot lives by.
func (b *Bot) SetClock(now func() time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = now
}

// SetOffset moves the bot's clock, and with it the Date header, against the
// world's.
func (b *Bot) SetOffset(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offset = d
}

// now needs b.mu.
func (b *Bot) now() time.Time { return b.clock().Add(b.offset) }

// Outage takes the link away and gives it back: connections break, and new ones
// are closed when they are accepted. Where the console shares the address,
// requests are broken instead, behind their header.
func (b *Bot) Outage(on bool) {
	b.wire.outage.Store(on)
	if on && !b.wire.shared.Load() {
		b.wire.cut()
	}
}

// OutageBetween adds an outage by the bot's clock.
func (b *Bot) OutageBetween(from, to time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outages = append(b.outages, window{from, to})
}

func (b *Bot) down() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	inside := func(w window) bool { return !now.Before(w.from) && now.Before(w.to) }
	return b.wire.outage.Load() || slices.ContainsFunc(b.outages, inside)
}

// Messages is what the group shows, oldest first.
func (b *Bot) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// Answers is every request that reached the bot and what it was told, refused
// ones and scripted faults included.
func (b *Bot) Answers() []Answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.answers)
}

// WaitMessages returns when the group has at least n messages.
func (b *Bot) WaitMessages(ctx context.Context, n int) ([]Message, error) {
	for {
		b.mu.Lock()
		messages, changed := slices.Clone(b.messages), b.changed
		b.mu.Unlock()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return messages, fmt.Errorf("wait for %d messages, have %d: %w", n, len(messages), ctx.Err())
		}
	}
}

// WaitAnswers returns when at least n requests have been answered.
func (b *Bot) WaitAnswers(ctx context.Context, n int) ([]Answer, error) {
	for {
		b.mu.Lock()
		answers, changed := slices.Clone(b.answers), b.changed
		b.mu.Unlock()
		if len(answers) >= n {
			return answers, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return answers, fmt.Errorf("wait for %d answers, have %d: %w", n, len(answers), ctx.Err())
		}
	}
}

// Traffic is what passed above TCP since Start, from the client's side: out is
// what it sent.
func (b *Bot) Traffic() (out, in int64) { return b.wire.in.Load(), b.wire.out.Load() }

// Reset forgets messages, answers, faults, outages and the limiter's memory. The
// settings stay.
func (b *Bot) Reset() {
	b.Outage(false)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages, b.answers, b.script, b.outages = nil, nil, nil, nil
	b.always, b.offset = Fault{}, 0
	b.limiter, b.gateway = limiter{}, limiter{}
	b.announce()
}

// announce needs b.mu.
func (b *Bot) announce() {
	close(b.changed)
	b.changed = make(chan struct{})
}

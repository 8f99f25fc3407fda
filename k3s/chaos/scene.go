package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

const secret = "chaos-secret"

// scene is one function with its bot and its data folder.
type scene struct {
	run    *run
	rng    *rand.Rand
	dir    string
	bot    *feishutest.Bot
	hook   *hook
	sink   string // the function's address
	env    []string
	lives  []*life
	notify *process.Process
	// fold tells stories apart by reason and kind alone: a card names what the
	// names of several objects have in common.
	fold bool
	// taken says that everything was answered 2xx: the ledger must have it.
	taken bool
	// judgeFrom is the first message that is judged.
	judgeFrom int
}

// life is one life of the function, from its start to its end.
type life struct {
	from, to int // the messages that the bot took meanwhile: from <= n < to
	mu       sync.Mutex
	ids      map[string]bool // short ids that it said it had marked as delivered
	marked   int             // cards that it said so of
}

// scene makes a bot and a place for a function. env goes before the defaults of
// a row: small waits, so that totals are told soon.
func (r *run) scene(env ...string) (*scene, error) {
	r.mu.Lock()
	r.scenes++
	n := r.scenes
	rng := rand.New(rand.NewPCG(r.seed, uint64(n)))
	r.mu.Unlock()
	dir := filepath.Join(r.dir, fmt.Sprintf("scene%d", n))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &scene{run: r, rng: rng, dir: filepath.Join(dir, "data"), sink: process.FreeAddress()}
	s.bot = feishutest.NewBot(feishutest.Options{Secret: secret, Seed: rng.Uint64()})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the bot: %w", err)
	}
	s.hook = &hook{Listener: ln}
	url := s.bot.AddressOn(ln)
	go func() { _ = s.bot.Serve(s.hook, nil) }() // ends with Close
	s.env = append([]string{
		"LISTEN_ADDRESS=" + s.sink, "DATA_DIR=" + s.dir, "CLUSTER_NAME=" + cluster,
		"FEISHU_WEBHOOK_URL=" + url, "FEISHU_SECRET=" + secret, "FEISHU_MAX_PER_MINUTE=100",
		"CARD_LANGUAGE=en", "TIMEZONE=UTC", "GROUP_WAIT=100ms", "REPEAT_INTERVAL=1s",
	}, env...)
	return s, nil
}

// close ends everything; a function that does not end in time is an error.
func (s *scene) close() error {
	var err error
	if s.notify != nil {
		err = s.notify.Stop(stopPatience)
		s.bury()
	}
	s.bot.Close()
	return err
}

// start begins a life of the function without waiting for it.
func (s *scene) start() error {
	l := &life{from: s.messages(), to: -1, ids: map[string]bool{}}
	p, err := s.run.spawn("notify", s.env, nil, l.hear)
	if err != nil {
		return err
	}
	s.notify, s.lives = p, append(s.lives, l)
	return nil
}

// up begins a life and waits until the function takes events.
func (s *scene) up(ctx context.Context) error {
	if err := s.start(); err != nil {
		return err
	}
	return s.ready(ctx)
}

func (s *scene) ready(ctx context.Context) error {
	return s.notify.Ready(ctx, nil, "http://"+s.sink+"/readyz")
}

// kill ends the function's life at once.
func (s *scene) kill(ctx context.Context) error {
	s.notify.Kill()
	if err := s.hook.idle(ctx); err != nil {
		return err
	}
	s.bury()
	return nil
}

func (s *scene) bury() {
	s.lives[len(s.lives)-1].to = s.messages()
	s.notify = nil
}

func (s *scene) messages() int { return s.bot.State().Messages }

// hear reads the function's log: it says "card sent" when the mark is on disk.
func (l *life) hear(line string) {
	var said struct{ Msg, ID string }
	if json.Unmarshal([]byte(line), &said) != nil || said.Msg != "card sent" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.marked++
	if said.ID != "" {
		l.ids[said.ID] = true
	}
}

// status is what is read of the function's /status.
type status struct {
	Link    struct{ State, LastError string }
	Backlog struct {
		Groups, Due int
		NoticeWaits bool
	}
	Ledger struct {
		Writable           bool
		Occurrences        int64
		PossibleDuplicates int64
		Dropped            map[string]int64
	}
	Sources []struct {
		Connected bool
		Accepted  uint64
	}
}

func (s *scene) status(ctx context.Context) (st status, err error) {
	raw, err := process.Get(ctx, nil, "http://"+s.sink+"/status")
	if err == nil {
		err = json.Unmarshal(raw, &st)
	}
	return st, err
}

// hook is the bot's listener. It knows when the last connection is gone: only
// then no message of a killed function can come any more.
type hook struct {
	net.Listener
	mu   sync.Mutex
	open int
}

func (h *hook) Accept() (net.Conn, error) {
	conn, err := h.Listener.Accept()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.open++
	h.mu.Unlock()
	return &hookConn{Conn: conn, hook: h}, nil
}

func (h *hook) idle(ctx context.Context) error {
	return eventually(ctx, readyPatience, "the bot's connections close", func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.open > 0 {
			return fmt.Errorf("%d are open", h.open)
		}
		return nil
	})
}

type hookConn struct {
	net.Conn
	hook *hook
	once sync.Once
}

func (c *hookConn) Close() error {
	c.once.Do(func() {
		c.hook.mu.Lock()
		defer c.hook.mu.Unlock()
		c.hook.open--
	})
	return c.Conn.Close()
}

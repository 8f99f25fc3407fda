package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// fakeChannel keeps what it was asked to tell and answers as it is told to.
type fakeChannel struct {
	mu     sync.Mutex
	levels int // forms it knows; 0 means one
	answer func(try int, level int, o Outgoing) error
	tries  []try
	cost   int64 // bytes of a message; 0 means its length

	rendered []fakePayload // a Part's payload is an index of it
}

type try struct {
	At    time.Time
	Level int
	Out   Outgoing
	Err   error
}

type fakePayload struct {
	Level int
	Out   Outgoing
}

func (c *fakeChannel) Render(level int, o Outgoing) ([]Part, error) {
	if level > max(c.levels-1, 0) {
		return nil, ErrNoSimpler
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	body := []byte(strconv.Itoa(len(c.rendered)))
	c.rendered = append(c.rendered, fakePayload{level, o})
	var all []int
	for i := range o.Groups {
		all = append(all, i)
	}
	return []Part{{Payload: body, Groups: all}}, nil
}

func (c *fakeChannel) Send(_ context.Context, p Part) (Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := strconv.Atoi(string(p.Payload))
	if err != nil {
		return Receipt{}, err
	}
	in := c.rendered[i]
	if c.answer != nil {
		err = c.answer(len(c.tries), in.Level, in.Out)
	}
	c.tries = append(c.tries, try{time.Now(), in.Level, in.Out, err})
	return Receipt{BytesOut: max(c.cost, int64(len(p.Payload)))}, err
}

// set changes how the channel answers while it is in use.
func (c *fakeChannel) set(change func(*fakeChannel)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// all are the tries so far.
func (c *fakeChannel) all() []try {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.tries)
}

// told are the messages that were accepted.
func (c *fakeChannel) told() []try {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []try
	for _, t := range c.tries {
		if t.Err == nil {
			out = append(out, t)
		}
	}
	return out
}

func (c *fakeChannel) tried() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.tries)
}

func offline() error {
	return &SendError{Outcome: Retry, Offline: true, Err: errors.New("connect: no route to host")}
}

// cut takes the link down until the switch is set to false.
func (h *harness) cut() *atomic.Bool {
	down := new(atomic.Bool)
	down.Store(true)
	h.ch.answer = func(int, int, Outgoing) error {
		if down.Load() {
			return offline()
		}
		return nil
	}
	return down
}

type harness struct {
	f  *Function
	l  *ledger.Ledger
	ch *fakeChannel
}

// newHarness makes a function over a real ledger file. Run it inside a
// synctest bubble, so that hours pass in milliseconds.
func newHarness(t *testing.T, change func(*Config)) *harness {
	t.Helper()
	cfg := testConfig(t)
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(cfg.Ledger, ledger.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	ch := new(fakeChannel)
	return &harness{f: New(cfg, l, single(ch), WithLogger(slog.New(slog.DiscardHandler))), l: l, ch: ch}
}

// single is the default route alone.
func single(ch Channel) []Route {
	return []Route{{Name: alert.DefaultRoute, Kind: ChannelLog, Channel: ch, PerMinute: 20}}
}

func testConfig(t *testing.T) Config {
	t.Helper()
	return Config{
		Cluster: "pi", ListenAddress: "127.0.0.1:0", MaxBodyBytes: 1 << 20,
		Conditions:      alert.ConditionsConfig{Filter: "type=Warning"},
		DigestThreshold: 5,
		Ledger:          ledger.Config{Dir: t.TempDir(), MaxBytes: 1 << 20, EventTTL: time.Hour, GroupWait: 5 * time.Second, RepeatInterval: time.Hour},
	}
}

// start runs the way out; the returned function ends it and closes the ledger.
func (h *harness) start(t *testing.T) (stop func()) {
	t.Helper()
	for _, d := range h.f.out {
		d.pace = newPace(20)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.f.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
		if err := h.l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// happen puts n occurrences of a story named by i.
func (h *harness) happen(t *testing.T, story int, count int64) {
	t.Helper()
	now := time.Now()
	a := alert.Alert{
		Cluster: "pi", Namespace: "shop", Kind: "Deployment", Name: fmt.Sprintf("app-%d", story),
		Type: "Warning", Reason: "Failed", Component: "kubelet", Message: "it broke",
		EventNamespace: "shop", EventName: fmt.Sprintf("app-%d.1", story), EventUID: fmt.Sprint("uid-", story),
		Count: count, First: now, Last: now,
	}
	if err := h.l.Put(t.Context(), []alert.Alert{a}); err != nil {
		t.Fatal(err)
	}
}

package feishutest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxRead bounds a request; nothing that large is ever accepted.
const maxRead = 1 << 20

// call is one request on its way through the checks.
type call struct {
	r    *http.Request
	opts Options
	now  time.Time // by the bot's clock
	tick time.Time // the same without the offset, for the limiter
	raw  []byte
	bot  *Bot // locked

	body    map[string]any
	msgType string
	view    Message
}

// ServeHTTP answers as the bot does: scripted faults first, then the checks.
func (b *Bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c, _ := r.Context().Value(connKey{}).(*wireConn); c != nil {
		c.isHook()
	}
	if b.down() {
		reset(w)
	}
	f := b.nextFault()
	if f.Kind == "reset_before_read" {
		b.record(Answer{Check: f.Kind})
		reset(w)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRead))
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	reply := b.reply(r, raw, f)
	b.mu.Lock()
	noDate := b.opts.NoDate
	date := b.now().UTC().Format(http.TimeFormat)
	logID := fmt.Sprintf("%s%016X", b.now().UTC().Format("20060102150405"), b.rand.Uint64())
	b.mu.Unlock()
	w.Header().Set("Date", date)
	if noDate {
		w.Header()["Date"] = nil
	}
	w.Header().Set("X-Tt-Logid", logID)
	b.deliver(w, r, reply, f)
}

// reply decides, stores and records under one lock.
func (b *Bot) reply(r *http.Request, raw []byte, f Fault) reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	if canned, ok := f.canned(); ok {
		b.log(Answer{Status: canned.status, Code: canned.code, Msg: canned.msg, Check: f.Kind, Bytes: len(raw)})
		return canned
	}
	c := &call{r: r, opts: b.opts, now: b.now(), tick: b.clock(), raw: raw, bot: b}
	answer := Answer{Bytes: len(raw)}
	out := success(b.opts.Success)
	if f.Kind == "statuscode_only_success" {
		out = success(ShapeStatusCodeOnly)
	}
	name, refused := c.run()
	if refused != nil {
		out = *refused
	} else {
		answer.Accepted = b.store(c)
		name = "accept"
	}
	if f.Kind != "" {
		name += ", " + f.Kind
	}
	answer.Status, answer.Code, answer.Msg, answer.Check = out.status, out.code, out.msg, name
	if f.breaks() {
		answer.Status = 0
	}
	b.log(answer)
	return out
}

func (c *call) run() (string, *reply) {
	for _, check := range checks {
		if refused := check.run(c); refused != nil {
			return check.name, refused
		}
	}
	return "", nil
}

// store needs b.mu.
func (b *Bot) store(c *call) int {
	b.count++
	m := c.view
	m.N, m.Received, m.Raw, m.Parsed = b.count, c.now, bytes.Clone(c.raw), c.body
	m.WireOut, m.WireIn = spentOn(c.r.Context())
	for _, list := range []*[]string{&m.Texts, &m.Mentions, &m.Links, &m.Warnings} {
		if *list == nil {
			*list = []string{} // [] rather than null on the console
		}
	}
	b.messages = append(b.messages, m)
	if over := len(b.messages) - b.opts.Keep; over > 0 {
		b.messages = append([]Message(nil), b.messages[over:]...)
	}
	return m.N
}

func (b *Bot) record(a Answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log(a)
}

// log needs b.mu.
func (b *Bot) log(a Answer) {
	a.At = b.now()
	b.answers = append(b.answers, a)
	if over := len(b.answers) - b.opts.Keep; over > 0 {
		b.answers = append([]Answer(nil), b.answers[over:]...)
	}
	b.announce()
}

// reset breaks the connection with RST and ends the handler.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		hardClose(conn)
	} else if !errors.Is(err, http.ErrNotSupported) {
		panic(err)
	}
	panic(http.ErrAbortHandler)
}

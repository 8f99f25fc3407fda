package feishutest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// Console shows the group as a page at / and drives the bot under /control/:
//
//	GET  /control/messages[?after=N]   what the group shows
//	GET  /control/answers              every request and its answer
//	GET  /control/state                counts and bytes
//	POST /control/faults               [{"kind":"http_502_html"}, …], one a request
//	POST /control/always               {"kind":"…"} for every further request
//	POST /control/outage               {"on":true}
//	POST /control/clock                {"offset":"-3h"}
//	POST /control/bot                  {"disabled":true}, see BotChange
//	POST /control/reset                forgets everything
func (b *Bot) Console() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.servePage)
	mux.HandleFunc("GET /control/messages", b.serveMessages)
	mux.HandleFunc("GET /control/answers", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, nonNil(b.Answers()))
	})
	mux.HandleFunc("GET /control/state", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, b.State())
	})
	mux.HandleFunc("POST /control/faults", control(b.takeFaults))
	mux.HandleFunc("POST /control/always", control(b.takeAlways))
	mux.HandleFunc("POST /control/outage", control(b.takeOutage))
	mux.HandleFunc("POST /control/clock", control(b.takeClock))
	mux.HandleFunc("POST /control/bot", control(b.takeChange))
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		b.Reset()
		writeJSON(w, http.StatusOK, struct{}{})
	})
	// A web page open in the same browser shall not drive the bot.
	return http.NewCrossOriginProtection().Handler(mux)
}

// State is the bot at a glance.
type State struct {
	Messages    int            `json:"messages"`
	Requests    int            `json:"requests"`
	Refused     map[string]int `json:"refused"` // by check or fault
	FaultsLeft  int            `json:"faults_left"`
	Outage      bool           `json:"outage"`
	Disabled    bool           `json:"disabled"`
	ClockOffset string         `json:"clock_offset"`
	BytesOut    int64          `json:"bytes_out"` // from the client's side
	BytesIn     int64          `json:"bytes_in"`
}

// State counts what is remembered.
func (b *Bot) State() State {
	out, in := b.Traffic()
	down := b.down()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := State{
		Messages: len(b.messages), Requests: len(b.answers), Refused: map[string]int{},
		FaultsLeft: len(b.script), Outage: down, Disabled: b.opts.Disabled,
		ClockOffset: b.offset.String(), BytesOut: out, BytesIn: in,
	}
	for _, a := range b.answers {
		if a.Accepted == 0 {
			s.Refused[a.Check]++
		}
	}
	return s
}

func (b *Bot) serveMessages(w http.ResponseWriter, r *http.Request) {
	after := 0
	if s := r.URL.Query().Get("after"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": "after: want a message's number"})
			return
		}
		after = n
	}
	out := []Message{}
	for _, m := range b.Messages() {
		if m.N > after {
			out = append(out, m)
		}
	}
	writeJSON(w, http.StatusOK, out)
}

func (b *Bot) takeFaults(raw []byte) error {
	var faults []Fault
	if err := json.Unmarshal(raw, &faults); err != nil {
		return fmt.Errorf("faults: want a list such as [{\"kind\":\"http_502_html\"}]: %w", err)
	}
	for _, f := range faults {
		if err := f.Validate(); err != nil {
			return err
		}
	}
	b.Script(faults...)
	return nil
}

func (b *Bot) takeAlways(raw []byte) error {
	var f Fault
	if err := json.Unmarshal(raw, &f); err != nil {
		return fmt.Errorf("always: %w", err)
	}
	if err := f.Validate(); err != nil {
		return err
	}
	b.Always(f)
	return nil
}

func (b *Bot) takeOutage(raw []byte) error {
	var in struct {
		On *bool `json:"on"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("outage: %w", err)
	}
	if in.On == nil {
		return errors.New(`outage: want {"on":true} or {"on":false}`)
	}
	b.Outage(*in.On)
	return nil
}

func (b *Bot) takeClock(raw []byte) error {
	var in struct {
		Offset string `json:"offset"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	d, err := time.ParseDuration(in.Offset)
	if err != nil {
		return errors.New(`clock: want {"offset":"-3h"}`)
	}
	b.SetOffset(d)
	return nil
}

// BotChange is what the console may change; what is not named stays.
type BotChange struct {
	Disabled    *bool     `json:"disabled"`
	Secret      *string   `json:"secret"`
	Keywords    *[]string `json:"keywords"`
	ForbidAtAll *bool     `json:"forbid_at_all"`
	Bandwidth   *int      `json:"bandwidth"`
}

func (b *Bot) takeChange(raw []byte) error {
	var in BotChange
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("bot: %w", err)
	}
	b.Configure(func(o *Options) {
		assign(&o.Disabled, in.Disabled)
		assign(&o.Secret, in.Secret)
		assign(&o.Keywords, in.Keywords)
		assign(&o.ForbidAtAll, in.ForbidAtAll)
		assign(&o.Bandwidth, in.Bandwidth)
	})
	return nil
}

func assign[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// control reads a JSON body and answers what take says.
func control(take func([]byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err == nil && media != "application/json" && media != "application/x-www-form-urlencoded" { // curl -d
			writeJSON(w, http.StatusUnsupportedMediaType, map[string]string{"error": "want application/json"})
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRead))
		if err == nil {
			err = take(raw)
		}
		if err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, struct{}{})
	}
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value) // the client may have gone away
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

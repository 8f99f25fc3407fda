package sink_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/sink"
)

// receiver is a sink in memory: it keeps what it accepted and answers as told.
type receiver struct {
	mu sync.Mutex
	// answer decides over one request; nil accepts.
	answer func(w http.ResponseWriter, ids []string, batch bool) bool
	// requests are the ids of each request, "[a b]" for a batch, "a" for a
	// single event.
	requests []string
	taken    []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ids, batch, err := readIDs(req.Header.Get("Content-Type"), raw)
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if batch {
		r.requests = append(r.requests, "["+strings.Join(ids, " ")+"]")
	} else {
		r.requests = append(r.requests, ids[0])
	}
	if r.answer != nil && !r.answer(w, ids, batch) {
		return
	}
	r.taken = append(r.taken, ids...)
	w.WriteHeader(http.StatusAccepted)
}

func readIDs(contentType string, raw []byte) ([]string, bool, error) {
	var many []event.Event
	switch contentType {
	case "application/cloudevents-batch+json":
		if err := json.Unmarshal(raw, &many); err != nil {
			return nil, true, err
		}
	case "application/cloudevents+json":
		many = make([]event.Event, 1)
		if err := json.Unmarshal(raw, &many[0]); err != nil {
			return nil, false, err
		}
	default:
		return nil, false, fmt.Errorf("content type %q", contentType)
	}
	ids := make([]string, len(many))
	for i := range many {
		if err := many[i].Validate(); err != nil {
			return nil, false, err
		}
		ids[i] = many[i].ID()
	}
	return ids, contentType == "application/cloudevents-batch+json", nil
}

// RoundTrip makes the receiver a transport, for tests in fake time.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	defer req.Body.Close()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

func status(code int, body string) func(http.ResponseWriter, []string, bool) bool {
	return func(w http.ResponseWriter, _ []string, _ bool) bool {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
		return false
	}
}

// logged collects the messages of a log.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) count(msg string) int { return strings.Count(l.String(), msg) }

func newClient(t *testing.T, cfg sink.Config, opts ...sink.Option) (*sink.Client, *logged) {
	t.Helper()
	if cfg.URL == "" {
		cfg.URL = "http://sink.test/"
	}
	var l logged
	opts = append([]sink.Option{sink.WithLogger(slog.New(slog.NewTextHandler(&l, nil)))}, opts...)
	c, err := sink.New(cfg, opts...)
	if err != nil {
		t.Fatalf("new client: %v", err)
	}
	return c, &l
}

func someEvents(ids ...string) []event.Event {
	out := make([]event.Event, len(ids))
	for i, id := range ids {
		out[i] = sized(id, 10)
	}
	return out
}

func numbered(n int) []event.Event {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("e%d", i)
	}
	return someEvents(ids...)
}

func sized(id string, bytes int) event.Event {
	ev := event.New()
	ev.SetID(id)
	ev.SetType("t")
	ev.SetSource("/s")
	ev.SetDataContentType(event.ApplicationJSON)
	ev.DataEncoded = fmt.Appendf(nil, `{"x":%q}`, strings.Repeat("x", bytes))
	return ev
}

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// stopwatch notes when each Event, by name, was written and arrived.
type stopwatch struct {
	mu                     sync.Mutex
	began, answered, ended map[string]time.Time
}

func newStopwatch() *stopwatch {
	return &stopwatch{began: map[string]time.Time{}, answered: map[string]time.Time{}, ended: map[string]time.Time{}}
}

// reset forgets all, so that the next load is measured by itself.
func (s *stopwatch) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.began)
	clear(s.answered)
	clear(s.ended)
}

func (s *stopwatch) wrote(name string, began, answered time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began[name], s.answered[name] = began, answered
}

func (s *stopwatch) arrived(name string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.ended[name]; !ok {
		s.ended[name] = at
	}
}

// since returns the times in ms from the write's begin and from its answer, and
// how many never arrived. What arrives before the writer has its own answer
// counts 0.
func (s *stopwatch) since() (begun, answered []float64, missing int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, at := range s.began {
		end, ok := s.ended[name]
		if !ok {
			missing++
			continue
		}
		begun = append(begun, end.Sub(at).Seconds()*1e3)
		answered = append(answered, max(end.Sub(s.answered[name]).Seconds()*1e3, 0))
	}
	return begun, answered, missing
}

// proxy passes posts on and notes when each Event in them was taken.
func (s *stopwatch) proxy(to string) (url string, closeProxy func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		s.pass(w, r, to, body)
	})}
	go func() { _ = srv.Serve(l) }() // ends with Close
	return "http://" + l.Addr().String() + "/", func() { _ = srv.Close() }, nil
}

func (s *stopwatch) pass(w http.ResponseWriter, r *http.Request, to string, body []byte) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, to, bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	req.Header = r.Header.Clone()
	resp, err := poster.Do(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	at := time.Now()
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
	if resp.StatusCode/100 == 2 {
		for _, name := range namesIn(body) {
			s.arrived(name, at)
		}
	}
}

// namesIn are the names of the Events in a request's body.
func namesIn(body []byte) (out []string) {
	type ce struct {
		Data struct {
			Metadata struct{ Name string }
		}
	}
	var batch []ce
	if json.Unmarshal(body, &batch) != nil {
		batch = make([]ce, 1)
		if json.Unmarshal(body, &batch[0]) != nil {
			return nil
		}
	}
	for _, one := range batch {
		out = append(out, one.Data.Metadata.Name)
	}
	return out
}

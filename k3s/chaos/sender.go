package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent"
)

// sender posts Events to the function and repeats each post until it is
// answered 2xx, as the contract asks of senders. What was answered is in the
// function's hands: that alone is counted.
type sender struct {
	url    string
	rng    *rand.Rand
	events *generator
	client *http.Client
	gap    time.Duration // the longest pause between posts
	fresh  float64       // share of Events that are new
	batch  int           // the most in one post

	mu       sync.Mutex
	acked    map[string]*corev1.Event // by name, as last answered
	posts    int                      // answered 2xx
	statuses map[int]int              // other answers
	changed  chan struct{}
}

// newSender takes a random source of its own from s.
func newSender(s *scene) *sender {
	rng := split(s.rng)
	s.taken = true
	return &sender{
		url: "http://" + s.sink + "/", rng: rng, events: &generator{rng: rng}, gap: 25 * time.Millisecond, fresh: 0.2, batch: 8,
		client: &http.Client{Timeout: 10 * time.Second},
		acked:  map[string]*corev1.Event{}, statuses: map[int]int{}, changed: make(chan struct{}),
	}
}

// split is a random source that another goroutine may use.
func split(rng *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())) }

// run posts until stop is closed; a post that was begun is finished.
func (s *sender) run(ctx context.Context, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if err := s.post(ctx, s.next()); err != nil {
			return err
		}
		pause(ctx, time.Duration(s.rng.Int64N(int64(s.gap)+1)))
	}
}

// begin runs the sender beside what follows; end stops it and waits.
func (s *sender) begin(ctx context.Context) (end func() error) {
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.run(ctx, stop) }()
	return func() error {
		close(stop)
		return <-done
	}
}

// next is a batch of new Events, of old ones that went on, and of mere copies.
func (s *sender) next() []*corev1.Event {
	var batch []*corev1.Event
	for range 1 + s.rng.IntN(s.batch) {
		switch p := s.rng.Float64(); {
		case p < s.fresh:
			batch = append(batch, s.events.fresh())
		case p > 0.9 && len(s.events.made) > 0:
			batch = append(batch, s.events.made[s.rng.IntN(len(s.events.made))].DeepCopy())
		default:
			batch = append(batch, s.events.again())
		}
	}
	return batch
}

const repeatAfter = 5 * time.Millisecond

// post sends a batch until it is taken.
func (s *sender) post(ctx context.Context, batch []*corev1.Event) error {
	body, err := encode(batch)
	if err != nil {
		return err
	}
	for {
		status, answer := s.once(ctx, body)
		switch {
		case status/100 == 2:
			s.taken(batch)
			return nil
		case status/100 == 4:
			return fmt.Errorf("post to notify: refused: %d %s", status, answer)
		case ctx.Err() != nil:
			return fmt.Errorf("post to notify: %w", ctx.Err())
		}
		s.mu.Lock()
		s.statuses[status]++
		s.mu.Unlock()
		pause(ctx, repeatAfter)
	}
}

// What stands for a status where there was none.
const (
	cutOff  = 0  // the connection broke
	nowhere = -1 // nobody listened
)

func (s *sender) once(ctx context.Context, body []byte) (status int, answer string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", event.ApplicationCloudEventsBatchJSON)
	resp, err := s.client.Do(req)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nowhere, err.Error()
	case err != nil:
		return cutOff, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	raw, _ := io.ReadAll(resp.Body) // the status alone decides
	return resp.StatusCode, string(raw)
}

func (s *sender) taken(batch []*corev1.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ev := range batch {
		if have := s.acked[ev.Name]; have == nil || have.Count < ev.Count {
			s.acked[ev.Name] = ev
		}
	}
	s.posts++
	close(s.changed)
	s.changed = make(chan struct{})
}

// answered waits for the next post that is taken.
func (s *sender) answered(ctx context.Context) {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-changed:
	}
}

// account is what the function has taken.
func (s *sender) account() account {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := make([]*corev1.Event, 0, len(s.acked))
	for _, ev := range s.acked {
		events = append(events, ev)
	}
	return sum(events)
}

func (s *sender) count(status int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statuses[status]
}

func encode(batch []*corev1.Event) ([]byte, error) {
	out := make([]event.Event, 0, len(batch))
	for _, ev := range batch {
		ce, err := kubeevent.FromCore(cluster, kubeevent.OriginWatch, ev)
		if err != nil {
			return nil, err
		}
		out = append(out, ce)
	}
	return json.Marshal(out)
}

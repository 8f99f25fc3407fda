package sink_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/edgebell/edgebell/adapters/sink"
)

type answerFunc = func(w http.ResponseWriter, ids []string, batch bool) bool

// refuse answers code when one of the ids is in the request, and names its
// index if asked to.
func refuse(code int, index bool, bad ...string) answerFunc {
	return func(w http.ResponseWriter, ids []string, batch bool) bool {
		i := slices.IndexFunc(ids, func(id string) bool { return slices.Contains(bad, id) })
		if i < 0 {
			return true
		}
		w.WriteHeader(code)
		if index && batch {
			_, _ = fmt.Fprintf(w, `{"error":"no such type","index":%d}`, i)
			return false
		}
		_, _ = io.WriteString(w, `{"error":"no such type"}`)
		return false
	}
}

func noBatches(code int) answerFunc {
	return func(w http.ResponseWriter, _ []string, batch bool) bool {
		if batch {
			w.WriteHeader(code)
		}
		return !batch
	}
}

func atMost(n int) answerFunc {
	return func(w http.ResponseWriter, ids []string, _ bool) bool {
		if len(ids) > n {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
		return len(ids) <= n
	}
}

func TestSplit(t *testing.T) {
	tests := map[string]struct {
		batch    int
		answer   answerFunc
		events   []string
		requests []string
		refused  map[string]uint64
		missing  []string
	}{
		"all accepted in batches": {
			batch: 2, events: []string{"a", "b", "c", "d", "e"},
			requests: []string{"[a b]", "[c d]", "e"},
		},
		"a batch of one is structured": {
			batch: 1, events: []string{"a", "b"},
			requests: []string{"a", "b"},
		},
		"400 names the bad one": {
			answer: refuse(400, true, "c"), events: []string{"a", "b", "c", "d", "e"},
			requests: []string{"[a b c d e]", "[a b]", "c", "[d e]"},
			refused:  map[string]uint64{"bad_request": 1}, missing: []string{"c"},
		},
		"400 names the first and the last": {
			answer: refuse(400, true, "a", "d"), events: []string{"a", "b", "c", "d"},
			requests: []string{"[a b c d]", "a", "[b c d]", "[b c]", "d"},
			refused:  map[string]uint64{"bad_request": 2}, missing: []string{"a", "d"},
		},
		"400 names an index that is not there": {
			answer: func(w http.ResponseWriter, ids []string, batch bool) bool {
				if batch {
					return status(400, `{"index":7}`)(w, ids, batch)
				}
				return refuse(400, false, "b")(w, ids, batch)
			},
			events:   []string{"a", "b"},
			requests: []string{"[a b]", "a", "b", "b"},
			refused:  map[string]uint64{"bad_request": 1}, missing: []string{"b"},
		},
		"400 without index: one by one": {
			answer: refuse(400, false, "b"), events: []string{"a", "b", "c"},
			requests: []string{"[a b c]", "a", "b", "b", "c"},
			refused:  map[string]uint64{"bad_request": 1}, missing: []string{"b"},
		},
		"422 is an answer too": {
			answer: refuse(422, false, "a"), events: []string{"a", "b"},
			requests: []string{"[a b]", "a", "a", "b"},
			refused:  map[string]uint64{"bad_request": 1}, missing: []string{"a"},
		},
		"413: halves, and smaller from then on": {
			answer: atMost(3), events: []string{"a", "b", "c", "d", "e", "f", "g", "h"},
			requests: []string{"[a b c d e f g h]", "[a b c d]", "[a b]", "[c d]", "[e f g h]", "[e f]", "[g h]"},
		},
		"413 for one alone": {
			answer: refuse(413, false, "b"), events: []string{"a", "b", "c", "d"},
			requests: []string{"[a b c d]", "[a b]", "a", "b", "b", "[c d]"},
			refused:  map[string]uint64{"too_large": 1}, missing: []string{"b"},
		},
		"415: the receiver takes no batches": {
			batch: 3, answer: noBatches(415), events: []string{"a", "b", "c", "d", "e", "f"},
			requests: []string{"[a b c]", "a", "b", "c", "d", "e", "f"},
		},
		"400: the receiver takes no batches": {
			batch: 2, answer: noBatches(400), events: []string{"a", "b", "c", "d"},
			requests: []string{"[a b]", "a", "b", "c", "d"},
		},
		"415 for one alone": {
			answer: refuse(415, false, "a"), events: []string{"a"},
			requests: []string{"a", "a"},
			refused:  map[string]uint64{"unsupported": 1}, missing: []string{"a"},
		},
		"an event that is no CloudEvent": {
			events: []string{"a", "", "c"}, requests: []string{"a", "c"},
			refused: map[string]uint64{"invalid": 1}, missing: []string{""},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &receiver{answer: tt.answer}
				c, log := newClient(t, sink.Config{Batch: tt.batch}, sink.WithTransport(r))
				if err := c.Deliver(t.Context(), someEvents(tt.events...)); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.requests, r.requests); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				want := slices.DeleteFunc(slices.Clone(tt.events), func(id string) bool { return slices.Contains(tt.missing, id) })
				if diff := cmp.Diff(want, r.taken, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("taken (-want +got):\n%s", diff)
				}
				stats := c.Stats()
				if diff := cmp.Diff(tt.refused, stats.Refused); diff != "" {
					t.Errorf("refused (-want +got):\n%s", diff)
				}
				if got := int(stats.Accepted); got != len(want) {
					t.Errorf("accepted %d, want %d", got, len(want))
				}
				if got := log.count("event dropped"); got != len(tt.missing) {
					t.Errorf("%d log lines about dropped events, want %d:\n%s", got, len(tt.missing), log)
				}
			})
		})
	}
}

func TestNoBatchesIsSaidOnce(t *testing.T) {
	r := &receiver{answer: noBatches(415)}
	c, log := newClient(t, sink.Config{Batch: 2}, sink.WithTransport(r))
	for range 3 {
		if err := c.Deliver(t.Context(), numbered(4)); err != nil {
			t.Fatal(err)
		}
	}
	if got := log.count("takes no batches"); got != 1 {
		t.Errorf("said %d times, want once:\n%s", got, log)
	}
}

func TestBatchesAreBoundedByBytes(t *testing.T) {
	r := &receiver{}
	c, _ := newClient(t, sink.Config{}, sink.WithTransport(r))
	events := someEvents("a", "b", "c", "d", "e")
	events[1], events[2] = sized("b", 600_000), sized("c", 600_000)
	events[3] = sized("d", 3_000_000)
	if err := c.Deliver(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"[a b]", "c", "d", "e"}, r.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestDropIsSaidWithTheAnswer(t *testing.T) {
	long := strings.Repeat("é", 1000)
	r := &receiver{answer: status(400, `{"error":"data.reason is empty `+long+`"}`)}
	c, log := newClient(t, sink.Config{}, sink.WithTransport(r))
	if err := c.Post(t.Context(), someEvents("a")); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "id=a ") || !strings.Contains(got, "data.reason is empty") || len(got) > 600 {
		t.Errorf("log line must name the event and the answer, bounded; is %d bytes: %s", len(got), got)
	}
}

func TestUncountedTypes(t *testing.T) {
	r := &receiver{answer: refuse(400, false, "b")}
	c, _ := newClient(t, sink.Config{}, sink.WithTransport(r), sink.WithUncounted("t"))
	if err := c.Deliver(t.Context(), someEvents("a", "b")); err != nil {
		t.Fatal(err)
	}
	if s := c.Stats(); s.Accepted != 0 || len(s.Refused) != 0 {
		t.Errorf("counted: %+v", s)
	}
}

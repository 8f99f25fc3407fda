package sink_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/adapters/sink"
)

// TestStatuses walks over all statuses: which are acceptance, which an answer
// about the event, which an outage.
func TestStatuses(t *testing.T) {
	refused := map[int]string{400: "bad_request", 413: "too_large", 415: "unsupported", 422: "bad_request"}
	for code := 200; code < 600; code++ {
		r := &receiver{answer: status(code, "said so")}
		c, _ := newClient(t, sink.Config{}, sink.WithTransport(r))
		err := c.Post(t.Context(), someEvents("a"))
		var outage *sink.Outage
		switch {
		case code < 300:
			if err != nil || c.Stats().Accepted != 1 {
				t.Errorf("%d: not accepted: %v", code, err)
			}
		case refused[code] != "":
			if err != nil || c.Stats().Refused[refused[code]] != 1 {
				t.Errorf("%d: not refused as %s: %v, %+v", code, refused[code], err, c.Stats())
			}
		default:
			if !errors.As(err, &outage) || outage.Status != code || !strings.Contains(err.Error(), fmt.Sprint(code)) {
				t.Errorf("%d: got %v, want an outage that names the status", code, err)
			}
		}
	}
}

func TestOutageIsWaitedForAndSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := &receiver{answer: func(w http.ResponseWriter, ids []string, _ bool) bool {
			if time.Since(start) < 3*time.Hour {
				w.WriteHeader(http.StatusServiceUnavailable)
				return false
			}
			return true
		}}
		c, log := newClient(t, sink.Config{Batch: 10}, sink.WithTransport(r))
		done := make(chan error)
		go func() { done <- c.Deliver(t.Context(), numbered(25)) }()
		time.Sleep(time.Hour)
		if s := c.Stats(); !s.Down.Equal(start) || s.LastError != "status 503" || time.Until(s.NextTry) > 10*time.Second {
			t.Errorf("in the outage: %+v", s)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got > 3*time.Hour+10*time.Second {
			t.Errorf("delivered after %s", got)
		}
		if len(r.taken) != 25 {
			t.Errorf("%d taken, want 25", len(r.taken))
		}
		// Waits of 5 to 10 s.
		if n := len(r.requests); n < 3*360 || n > 3*720+20 {
			t.Errorf("%d requests in three hours", n)
		}
		if log.count("sink unreachable") != 1 || log.count("sink recovered") != 1 || !strings.Contains(log.String(), "after=3h0m") {
			t.Errorf("log:\n%s", log)
		}
		if s := c.Stats(); !s.Down.IsZero() || s.LastError == "" {
			t.Errorf("after the outage: %+v", s)
		}
	})
}

// TestEachReasonOfAnOutageIsSaid once: a sink that was down and now wants
// another token needs a hand, whatever the log said first.
func TestEachReasonOfAnOutageIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statuses := []int{503, 503, 401, 503, 401, 404, 405, 406, 407, 408, 202, 401, 202}
		r := &receiver{answer: func(w http.ResponseWriter, _ []string, _ bool) bool {
			status := statuses[0]
			statuses = statuses[1:]
			w.WriteHeader(status)
			return status == 202
		}}
		c, log := newClient(t, sink.Config{Batch: 1}, sink.WithTransport(r))
		if err := c.Deliver(t.Context(), numbered(2)); err != nil {
			t.Fatal(err)
		}
		got := regexp.MustCompile(`level=(WARN|INFO) msg="([^"]+)"(?: error="(.*?)")?`).FindAllStringSubmatch(log.String(), -1)
		var said []string
		for _, line := range got {
			said = append(said, strings.TrimSpace(line[2]+" "+line[3]))
		}
		want := []string{
			"sink unreachable status 503", "sink still unreachable status 401",
			"sink still unreachable status 404", "sink still unreachable status 405", "sink still unreachable status 406",
			"sink recovered",
			"sink unreachable status 401", "sink recovered",
		}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Errorf("said (-want +got):\n%s\n%s", diff, log)
		}
	})
}

func TestBackoffGrowsWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		r := &receiver{answer: func(w http.ResponseWriter, _ []string, _ bool) bool {
			at = append(at, time.Since(start))
			w.WriteHeader(http.StatusUnauthorized)
			return false
		}}
		c, _ := newClient(t, sink.Config{}, sink.WithTransport(r))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.Deliver(ctx, someEvents("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the context's end", err)
		}
		for i, longest := range []time.Duration{250, 500, 1000, 2000, 4000, 8000, 10000, 10000} {
			longest *= time.Millisecond
			if wait := at[i+1] - at[i]; wait < longest/2 || wait > longest {
				t.Errorf("wait %d is %s, want %s to %s", i, wait, longest/2, longest)
			}
		}
	})
}

func TestRetryAfter(t *testing.T) {
	tests := map[string]struct {
		header   func() string
		min, max time.Duration
	}{
		"seconds":          {func() string { return "20" }, 20 * time.Second, 20 * time.Second},
		"a date":           {func() string { return time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat) }, 29 * time.Second, 30 * time.Second},
		"a day is bounded": {func() string { return "86400" }, time.Minute, time.Minute},
		"nonsense":         {func() string { return "soon" }, 0, 250 * time.Millisecond},
		"negative":         {func() string { return "-5" }, 0, 250 * time.Millisecond},
		"the past":         {func() string { return "Fri, 01 Jan 1999 15:04:05 GMT" }, 0, 250 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := true
				r := &receiver{answer: func(w http.ResponseWriter, _ []string, _ bool) bool {
					if !first {
						return true
					}
					first = false
					w.Header().Set("Retry-After", tt.header())
					w.WriteHeader(http.StatusTooManyRequests)
					return false
				}}
				c, _ := newClient(t, sink.Config{}, sink.WithTransport(r))
				start := time.Now()
				if err := c.Deliver(t.Context(), someEvents("a")); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(start); got < tt.min || got > tt.max {
					t.Errorf("waited %s, want %s to %s", got, tt.min, tt.max)
				}
			})
		})
	}
}

// TestOutageInTheMiddle: what was settled before an outage is not sent again.
func TestOutageInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		r := &receiver{answer: func(w http.ResponseWriter, ids []string, batch bool) bool {
			if n++; n == 3 || n == 4 {
				w.WriteHeader(http.StatusBadGateway)
				return false
			}
			return refuse(400, true, "d")(w, ids, batch)
		}}
		c, _ := newClient(t, sink.Config{Batch: 4}, sink.WithTransport(r))
		if err := c.Deliver(t.Context(), someEvents("a", "b", "c", "d", "e", "f")); err != nil {
			t.Fatal(err)
		}
		want := []string{"[a b c d]", "[a b c]", "d", "[d e f]", "[d e f]", "d", "[e f]"}
		if diff := cmp.Diff(want, r.requests); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"a", "b", "c", "e", "f"}, r.taken); diff != "" {
			t.Errorf("taken (-want +got):\n%s", diff)
		}
	})
}

// hang never answers.
type hang struct{}

func (hang) RoundTrip(req *http.Request) (*http.Response, error) {
	defer req.Body.Close()
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newClient(t, sink.Config{}, sink.WithTransport(hang{}))
		start := time.Now()
		err := c.Post(t.Context(), someEvents("a"))
		if err == nil || !strings.Contains(err.Error(), "no answer within 30s") || time.Since(start) != 30*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestCancelIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, log := newClient(t, sink.Config{}, sink.WithTransport(hang{}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := c.Deliver(ctx, someEvents("a")); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the cancellation", err)
		}
		if s := c.Stats(); !s.Down.IsZero() || log.String() != "" {
			t.Errorf("counted as an outage: %+v\n%s", s, log)
		}
	})
}

// TestUncountedEventsDoNotEndAnOutage: that the receiver takes a source's
// statuses says nothing of the Events that wait.
func TestUncountedEventsDoNotEndAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := &receiver{answer: func(w http.ResponseWriter, ids []string, _ bool) bool {
			if !slices.Equal(ids, []string{"status"}) && time.Since(start) < time.Hour {
				w.WriteHeader(http.StatusServiceUnavailable)
				return false
			}
			return true
		}}
		c, log := newClient(t, sink.Config{Batch: 10}, sink.WithTransport(r), sink.WithUncounted("status"))
		status := someEvents("status")
		status[0].SetType("status")
		done := make(chan error)
		go func() { done <- c.Deliver(t.Context(), numbered(25)) }()
		for range 50 {
			time.Sleep(time.Minute)
			if err := c.Post(t.Context(), status); err != nil {
				t.Fatal(err)
			}
			if s := c.Stats(); !s.Down.Equal(start) {
				t.Fatalf("after %s: down %v, want since the start", time.Since(start), s.Down)
			}
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if s := c.Stats(); !s.Down.IsZero() || log.count("sink unreachable") != 1 || log.count("sink recovered") != 1 {
			t.Errorf("after the outage: %+v, log:\n%s", s, log)
		}
	})
}

// TestUncountedEventsEndAnOutageOfTheirOwn: nothing waits that could.
func TestUncountedEventsEndAnOutageOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		r := &receiver{answer: func(w http.ResponseWriter, _ []string, _ bool) bool {
			if down {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return !down
		}}
		c, _ := newClient(t, sink.Config{Batch: 10}, sink.WithTransport(r), sink.WithUncounted("t"))
		if err := c.Post(t.Context(), numbered(1)); err == nil || c.Stats().Down.IsZero() {
			t.Errorf("in the outage: %v, %+v", err, c.Stats())
		}
		down = false
		if err := c.Post(t.Context(), numbered(1)); err != nil || !c.Stats().Down.IsZero() {
			t.Errorf("after the outage: %v, %+v", err, c.Stats())
		}
	})
}

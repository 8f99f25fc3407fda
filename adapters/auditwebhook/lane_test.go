package auditwebhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

func body(id int) []byte {
	return fmt.Appendf(nil, `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[%s]}`, entryOf(fmt.Sprintf("u%d", id), "1"))
}

// TestBurstGoesTogether: what comes while a post is under way goes in the next.
func TestBurstGoesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		w := webhook(t, config(), sinkFunc(func(_ context.Context, events []event.Event) error {
			sizes = append(sizes, len(events))
			time.Sleep(time.Second) // the bubble's clock: a receiver that takes a second
			return nil
		}))
		h, codes := w.Handler(), make(chan int)
		for i := range 150 {
			go func() { codes <- post(h, "/", body(i)).Code }()
			synctest.Wait()
		}
		for range 150 {
			if code := <-codes; code != 200 {
				t.Errorf("answer %d; want 200", code)
			}
		}
		if fmt.Sprint(sizes) != "[1 100 49]" {
			t.Errorf("posts of %v events; want [1 100 49]", sizes)
		}
	})
}

// TestOutageAnswersAtOnce: while the sink is known to be down one request
// tries, and all others are told at once.
func TestOutageAnswersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down, posts := true, 0
		w := webhook(t, config(), sinkFunc(func(ctx context.Context, _ []event.Event) error {
			posts++
			if down {
				<-ctx.Done()
				return context.Cause(ctx)
			}
			return nil
		}))
		h := w.Handler()
		if code := post(h, "/", body(0)).Code; code != http.StatusServiceUnavailable {
			t.Fatalf("first answer %d", code)
		}
		probe := make(chan int)
		go func() { probe <- post(h, "/", body(1)).Code }()
		synctest.Wait()
		start := time.Now()
		for i := range 1000 {
			if code := post(h, "/", body(2+i)).Code; code != http.StatusServiceUnavailable {
				t.Fatalf("answer %d during the outage", code)
			}
		}
		if time.Since(start) != 0 || posts != 2 {
			t.Errorf("1000 answers took %s and %d posts; want 0 and 2", time.Since(start), posts)
		}
		<-probe
		down = false
		for i := range 1002 {
			if code := post(h, "/", body(i)).Code; code != http.StatusOK {
				t.Fatalf("answer %d after the outage", code)
			}
		}
		if n := w.put.len(); n != 0 {
			t.Errorf("%d still put off after all came again", n)
		}
	})
}

// TestSenderGone: what an API server has sent is carried through although it
// hangs up, and is not counted as lost.
func TestSenderGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &taker{}
		w := webhook(t, config(), sinkFunc(func(ctx context.Context, events []event.Event) error {
			time.Sleep(time.Second)
			return errors.Join(ctx.Err(), s.Post(ctx, events))
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		req := httpRequest(body(1)).WithContext(ctx)
		w.Handler().ServeHTTP(discard{http.Header{}}, req)
		if len(s.ids) != 1 || w.put.len() != 0 {
			t.Errorf("sent %v, put off %d; want one and 0", s.ids, w.put.len())
		}
	})
}

// TestNotRepeated: Events that were put off and never come again are counted
// as lost, once, and those that do come again are not.
func TestNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		w := webhook(t, config(), sinkFunc(func(context.Context, []event.Event) error {
			if down {
				return errors.New("down")
			}
			return nil
		}))
		ctx, cancel := context.WithCancel(t.Context())
		go w.Run(ctx)
		h := w.Handler()
		// The API server repeats all four for four minutes; then the sink is
		// back, and only two of them come again.
		for range 24 {
			for i := range 4 {
				post(h, "/", body(i))
			}
			time.Sleep(10 * time.Second)
		}
		if lost := w.Status().Dropped[dropNotRepeated]; lost != 0 {
			t.Errorf("%d lost while the API server still tries", lost)
		}
		down = false
		post(h, "/", body(0))
		post(h, "/", body(3))
		time.Sleep(repeatWithin + 20*time.Second)
		if lost := w.Status().Dropped[dropNotRepeated]; lost != 2 {
			t.Errorf("%d lost; want 2", lost)
		}
		time.Sleep(time.Hour)
		if lost := w.Status().Dropped[dropNotRepeated]; lost != 2 || w.put.len() != 0 {
			t.Errorf("an hour later %d lost, %d put off; want 2, 0", lost, w.put.len())
		}
		cancel()
	})
}

func TestPutOffIsBounded(t *testing.T) {
	p := newPutOff(100)
	events := make([]event.Event, 150)
	for i := range events {
		events[i] = event.New()
		events[i].SetID(fmt.Sprint(i))
	}
	p.add(events)
	if p.len() != 100 {
		t.Errorf("%d kept; want 100", p.len())
	}
	p.settle(events)
	if p.len() != 0 {
		t.Errorf("%d kept after all were settled", p.len())
	}
}

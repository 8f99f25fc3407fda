//go:build shoutrrr

package longtail

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/edgebell/edgebell/functions/notify"
)

type fake func(string) error

func (f fake) Send(message string, _ *types.Params) error { return f(message) }

// open makes a channel whose service is s, and counts how often it was made.
func open(s fake, fresh bool) (*channel, *int) {
	made := new(int)
	locate := func() (sender, error) { *made++; return s, nil }
	return &channel{redact: redactor("x://y"), locate: locate, fresh: fresh, busy: make(chan struct{}, 1)}, made
}

func send(ctx context.Context, c *channel) *notify.SendError {
	var se *notify.SendError
	_, err := c.Send(ctx, notify.Part{Payload: []byte(`"x"`)})
	errors.As(err, &se)
	return se
}

// TestHangIsBounded: a service that never answers holds up no sender for longer
// than sendTimeout, and its channel works again once it has ended.
func TestHangIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		c, _ := open(func(string) error { <-let; return nil }, false)
		began := time.Now()
		if se := send(t.Context(), c); se == nil || se.Outcome != notify.Ambiguous || time.Since(began) != sendTimeout {
			t.Errorf("error is %v after %s, want ambiguous after %s", se, time.Since(began), sendTimeout)
		}
		if se := send(t.Context(), c); se == nil || se.Outcome != notify.Retry {
			t.Errorf("error is %v, want retry", se)
		}
		close(let)
		synctest.Wait()
		if se := send(t.Context(), c); se != nil {
			t.Errorf("error is %v, want none", se)
		}
	})
}

// TestPanic: it becomes Unknown, so that a simpler form is tried, and the
// message parked in the end.
func TestPanic(t *testing.T) {
	c, _ := open(func(string) error { panic("index out of range") }, false)
	for range 2 {
		if se := send(t.Context(), c); se == nil || se.Outcome != notify.Unknown {
			t.Errorf("error is %v, want unknown", se)
		}
	}
}

func TestLogsInAgain(t *testing.T) {
	for _, fresh := range []bool{false, true} {
		c, made := open(func(string) error { return errors.New("token has run out") }, fresh)
		for range 3 {
			send(t.Context(), c)
		}
		want := 1
		if fresh {
			want = 3
		}
		if *made != want {
			t.Errorf("fresh %v: made %d times, want %d", fresh, *made, want)
		}
	}
}

func TestOutcomeOfTexts(t *testing.T) {
	for text, want := range map[string]notify.Outcome{
		"unexpected status: 400 Bad Request":    notify.MessageRefused,
		"failed: HTTP 403 Forbidden":            notify.ChannelRefused,
		"status 502 Bad Gateway":                notify.Retry,
		"status 429 Too Many Requests":          notify.Retry,
		"sent 400 Bytes":                        notify.Retry,
		"EOF":                                   notify.Retry,
		"no room for 404 Things: 410 Gone away": notify.ChannelRefused,
	} {
		if got := outcome(errors.New(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

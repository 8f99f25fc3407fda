package webhooktest

import (
	"net/http"
	"strconv"
	"time"
)

type kind int

const (
	none kind = iota
	answer
	hang
	dropBefore
	dropAfter
	truncate
)

// Fault is one way to break.
type Fault struct {
	kind  kind
	reply Reply
}

// Well is no fault: it lets one request of a script pass.
func Well() Fault { return Fault{} }

// Answer gives an answer of its own; the judge does not see the request.
func Answer(r Reply) Fault { return Fault{kind: answer, reply: r} }

// Status answers with a status and a body.
func Status(status int, body string) Fault { return Answer(Reply{Status: status, Body: body}) }

// TooMany is 429 with Retry-After in seconds, or without for 0.
func TooMany(after time.Duration, body string) Fault {
	r := Reply{Status: http.StatusTooManyRequests, Body: body}
	if after > 0 {
		r.Header = map[string]string{"Retry-After": strconv.Itoa(int(after / time.Second))}
	}
	return Answer(r)
}

// Redirect leads elsewhere, as a captive portal does.
func Redirect(to string) Fault {
	return Answer(Reply{Status: http.StatusFound, Header: map[string]string{"Location": to}})
}

// Portal answers 200 with a page that is not the service's.
func Portal() Fault {
	return Answer(Reply{Status: http.StatusOK, Header: map[string]string{"Content-Type": "text/html"}, Body: "<html>log in</html>"})
}

// Hang takes the message and never answers.
func Hang() Fault { return Fault{kind: hang} }

// DropBefore resets the connection before the body is read.
func DropBefore() Fault { return Fault{kind: dropBefore} }

// DropAfter takes the message and resets the connection.
func DropAfter() Fault { return Fault{kind: dropAfter} }

// Truncate takes the message and breaks off inside the answer.
func Truncate() Fault { return Fault{kind: truncate} }

func (s *Server) next() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) == 0 {
		return Fault{}
	}
	f := s.faults[0]
	s.faults = s.faults[1:]
	return f
}

// Bucket is a token bucket, as services keep their rates.
type Bucket struct {
	Burst int
	Every time.Duration // one more

	left float64
	last time.Time
}

// Take takes one, or says how long to wait.
func (b *Bucket) Take(now time.Time) (wait time.Duration, ok bool) {
	if b.last.IsZero() {
		b.left = float64(b.Burst)
	} else {
		b.left = min(float64(b.Burst), b.left+now.Sub(b.last).Seconds()/b.Every.Seconds())
	}
	b.last = now
	if b.left < 1 {
		return time.Duration((1 - b.left) * float64(b.Every)), false
	}
	b.left--
	return 0, true
}

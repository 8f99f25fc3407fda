package wire

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// clock is the local clock, set right by the far side's Date header: a
// Raspberry Pi has no battery for its clock.
type clock struct {
	local func() time.Time

	mu   sync.Mutex
	date time.Time // the last Date we may believe
	at   time.Time // the local time at which it was right
}

// now counts from the last Date. Where local gives monotonic readings, as
// time.Now does, a later jump of the local clock changes nothing.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	local := c.local()
	if c.date.IsZero() {
		return local
	}
	return c.date.Add(local.Sub(c.at))
}

// offset is what has to be added to the local wall clock.
func (c *clock) offset() time.Duration {
	return c.now().Sub(c.local().Round(0)).Round(time.Millisecond)
}

// observe takes a Date that came somewhere between sent and received.
func (c *clock) observe(date, sent, received time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date = date
	c.at = sent.Add(received.Sub(sent) / 2)
}

func (c *clock) last() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.date, !c.date.IsZero()
}

// trustedDate is the answer's Date if we know who wrote it: over verified TLS,
// or on this machine.
func trustedDate(to *url.URL, resp *http.Response) (time.Time, bool) {
	verified := resp.TLS != nil && len(resp.TLS.VerifiedChains) > 0
	local := to.Scheme == "http" && Loopback(to.Hostname())
	if !verified && !local {
		return time.Time{}, false
	}
	date, err := http.ParseTime(resp.Header.Get("Date"))
	return date, err == nil
}

// Loopback says that host is this machine.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

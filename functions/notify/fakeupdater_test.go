package notify

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/edgebell/edgebell/functions/alert"
)

// fakeUpdater is a channel whose messages can be edited: m1, m2, … in the order
// in which they were sent.
type fakeUpdater struct {
	*fakeChannel
	at     sync.Mutex // guards log
	log    []string   // what happened, such as "m1 app-1×3" and "edit m1 app-1×5"
	sent   int
	refuse func(ref string) error
}

func (c *fakeUpdater) what(p Part) string {
	c.mu.Lock()
	o := c.rendered[len(c.rendered)-1].Out
	c.mu.Unlock()
	switch {
	case o.Digest:
		return fmt.Sprintf("digest of %d", len(o.Groups))
	case len(o.Groups) == 0:
		return "notice"
	}
	s := fmt.Sprintf("%s×%d", o.Groups[0].Newest.Name, o.Groups[0].Total)
	if o.Groups[0].State == alert.Recovered {
		s += " well"
	}
	return s
}

func (c *fakeUpdater) note(s string) {
	c.at.Lock()
	defer c.at.Unlock()
	c.log = append(c.log, s)
}

// messages are what happened so far; with forget it begins anew.
func (c *fakeUpdater) messages(forget bool) []string {
	c.at.Lock()
	defer c.at.Unlock()
	out := slices.Clone(c.log)
	if forget {
		c.log = nil
	}
	return out
}

func (c *fakeUpdater) Send(ctx context.Context, p Part) (Receipt, error) {
	r, err := c.fakeChannel.Send(ctx, p)
	if err == nil {
		c.sent++
		r.Ref = fmt.Sprintf("m%d", c.sent)
		c.note(r.Ref + " " + c.what(p))
	}
	return r, err
}

func (c *fakeUpdater) Update(_ context.Context, ref string, p Part) (Receipt, error) {
	c.mu.Lock()
	answer, refuse := c.answer, c.refuse
	c.mu.Unlock()
	if answer != nil {
		if err := answer(0, 0, Outgoing{}); err != nil {
			return Receipt{}, err
		}
	}
	if refuse != nil {
		if err := refuse(ref); err != nil {
			return Receipt{BytesOut: 10}, err
		}
	}
	c.note("edit " + ref + " " + c.what(p))
	return Receipt{BytesOut: 10, Ref: ref}, nil
}

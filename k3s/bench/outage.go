package main

import (
	"errors"
	"fmt"
	"time"
)

// outage measures what three hours without a link leave behind, and what it
// costs to tell them. Simulated is the time: the Events' own times spread over
// three hours, but they come within seconds, and the link is down only as long
// as they take.
func (b *bench) outage() error {
	const n, stories, hours = 10_000, 9, 3
	c, err := b.start(setup{tls: true, notify: []string{"GROUP_WAIT=1s"}})
	if err != nil {
		return err
	}
	defer c.close()
	told, err := c.offline(n, stories, hours*time.Hour)
	if err != nil {
		return err
	}
	note := fmt.Sprintf("simulated: %d Warnings of %d hours in %d stories, delivered in %s", n, hours, stories, told.down.Round(time.Second))
	if err := c.report("outage", nil); err != nil {
		return err
	}
	b.result.add(Measure{Stage: "outage", Process: "notify", Name: "cards when the link returns", Value: float64(told.cards), Unit: "cards", Note: note})
	b.result.add(Measure{Stage: "outage", Process: "notify", Name: "bytes to tell it all", Value: float64(told.bytes), Unit: "B", Note: "TLS, both directions, the new connection included"})
	b.result.add(Measure{Stage: "outage", Process: "notify", Name: "bytes per outage hour", Value: float64(told.bytes) / hours, Unit: "B", Note: "a try while the link is down carries nothing above TCP"})
	b.result.add(Measure{Stage: "outage", Process: "notify", Name: "link back to first card", Value: told.back.Seconds(), Unit: "s", Note: "tries are at most a minute apart; here the outage was short"})
	return nil
}

type told struct {
	cards int
	bytes int64
	down  time.Duration
	back  time.Duration
}

// offline takes the link away, lets Warnings come, and gives it back.
func (c *chain) offline(n, stories int, over time.Duration) (t told, err error) {
	before, err := c.delivered()
	if err != nil {
		return t, err
	}
	began := time.Now()
	c.bot.Outage(true)
	c.api.Add(c.b.events.stories(n, stories, over)...)
	if err := c.drained(int(before)+n, 2*time.Minute); err != nil {
		return t, err
	}
	if err := c.b.pause(3 * time.Second); err != nil { // the groups become due
		return t, err
	}
	t.down = time.Since(began)
	out, in := c.bot.Traffic()
	had := len(c.bot.Messages())
	c.bot.Outage(false)
	back := time.Now()
	err = c.b.eventually(90*time.Second, "the outage is told", func() error {
		if len(c.bot.Messages()) > had {
			return nil
		}
		return errors.New("no card yet")
	})
	if err != nil {
		return t, err
	}
	t.back = time.Since(back)
	if err := c.b.pause(3 * time.Second); err != nil { // further parts of a digest
		return t, err
	}
	outAfter, inAfter := c.bot.Traffic()
	t.bytes, t.cards = outAfter-out+inAfter-in, len(c.bot.Messages())-had
	return t, nil
}

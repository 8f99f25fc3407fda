package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// sentCard is the function's log line about a card.
type sentCard struct {
	Msg      string  `json:"msg"`
	BytesOut float64 `json:"bytesOut"`
	BytesIn  float64 `json:"bytesIn"`
}

// wire measures what one card costs over TLS: on a fresh connection, on a warm
// one, and on one that resumes the TLS session.
func (b *bench) wire() error {
	c, err := b.start(setup{tls: true, noSource: true, notify: []string{"GROUP_WAIT=0s"}})
	if err != nil {
		return err
	}
	defer c.close()
	for i := range 7 {
		if i == 6 { // the connection breaks, the session is remembered
			c.bot.Outage(true)
			c.bot.Outage(false)
		}
		if err := c.ring(i); err != nil {
			return err
		}
	}
	cards := cardsIn(c.notify.Output())
	if len(cards) < 7 {
		return fmt.Errorf("%d cards in the log, want 7", len(cards))
	}
	var warm []float64
	for _, card := range cards[1:6] {
		warm = append(warm, card.BytesOut+card.BytesIn)
	}
	note := "TLS records both ways; the stand-in's certificate chain is one short certificate, a real one adds some 3 kB"
	b.result.add(Measure{Stage: "wire", Process: "notify", Name: "card, first connection", Value: cards[0].BytesOut + cards[0].BytesIn, Unit: "B", Note: note})
	b.result.add(Measure{Stage: "wire", Process: "notify", Name: "card, warm connection (median)", Value: median(warm), Unit: "B", Target: 2500})
	b.result.add(Measure{Stage: "wire", Process: "notify", Name: "card, resumed connection", Value: cards[6].BytesOut + cards[6].BytesIn, Unit: "B"})
	return nil
}

// ring posts one Warning of a new story and waits for its card.
func (c *chain) ring(object int) error {
	if err := c.b.clearOfMark(5 * time.Second); err != nil {
		return err
	}
	had := len(c.bot.Messages())
	bodies, err := bodiesOf(c.b.events.stories(object+1, object+1, 0)[object:], 1)
	if err != nil {
		return err
	}
	if err := post("http://"+c.sinkAt+"/", bodies[0], false); err != nil {
		return err
	}
	return c.b.eventually(time.Minute, "the card comes", func() error {
		if n := len(c.bot.Messages()); n <= had {
			return fmt.Errorf("%d messages", n)
		}
		if n := len(cardsIn(c.notify.Output())); n <= had {
			return fmt.Errorf("%d in the log", n)
		}
		return nil
	})
}

func cardsIn(log string) (out []sentCard) {
	for line := range strings.Lines(log) {
		var card sentCard
		if json.Unmarshal([]byte(line), &card) == nil && card.Msg == "card sent" {
			out = append(out, card)
		}
	}
	return out
}

// clearOfMark waits while the function keeps off a full or half hour, as the
// bot's far side is busy then: for so long from now on no card must wait.
func (b *bench) clearOfMark(length time.Duration) error {
	const half, before, after = 30 * time.Minute, 2 * time.Second, 11 * time.Second
	now := time.Now()
	mark := now.Truncate(half)
	if now.Sub(mark) > after {
		mark = mark.Add(half)
	}
	if now.Add(length).Before(mark.Add(-before)) {
		return nil
	}
	return b.pause(mark.Add(after).Sub(now))
}

func median(v []float64) float64 { return quantile(v, 0.5) }

// quantile sorts v. The nearest rank is taken, so that no value is invented.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	rank := int(q*float64(len(v)) + 0.999999)
	return v[min(max(rank-1, 0), len(v)-1)]
}

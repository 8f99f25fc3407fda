package main

import (
	"fmt"
	"time"
)

const year = 365 * 24 * time.Hour

// offsets are how far the world is ahead of this machine, in place of how far
// this machine is behind the world. The wall clock of one process cannot be
// set: a time namespace moves the monotonic clocks only, and a preloaded
// library does not reach a static program.
var offsets = []time.Duration{3 * time.Hour, -3 * time.Hour, 61 * time.Minute, 26 * year, -26 * year, 56 * year, 0}

// skew moves the bot's clock again and again: each time one signature may be
// refused, and everything is told.
func skew(r *run) error {
	s, err := r.scene("REPEAT_INTERVAL=300ms")
	if err != nil {
		return err
	}
	return s.during(func() error {
		sender := newSender(s)
		changes, at := 0, time.Duration(0)
		for range r.rounds {
			next := offsets[s.rng.IntN(len(offsets))]
			if next != at {
				changes, at = changes+1, next
			}
			s.bot.SetOffset(next)
			for range 3 {
				if err := sender.post(r.ctx, sender.next()); err != nil {
					return err
				}
			}
			if err := eventually(r.ctx, settlePatience, fmt.Sprintf("all is told at %s", next), func() error {
				return s.settled(r.ctx, sender.account())
			}); err != nil {
				return err
			}
		}
		refused := 0
		for _, a := range s.bot.Answers() {
			if a.Code == 19021 {
				refused++
			}
		}
		r.note("%d jumps of the clock, %d signatures refused", changes, refused)
		if refused > changes {
			r.breaks("%d signatures refused after %d jumps of the clock, want at most one each", refused, changes)
		}
		return s.conclude(sender.account(), r.rounds)
	})
}

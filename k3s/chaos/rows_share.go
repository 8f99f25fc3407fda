package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	// drizzleFor is long enough to tell a share from what one namespace could
	// use up, which is 20 cards a minute.
	drizzleFor   = 3 * time.Minute
	drizzleEvery = time.Second
	// drizzleMost are half a minute's cards at once, what is given back while
	// these go out and what cards shared with others leave over of them, and then
	// one after 12, 24 and 48 s and one a minute (notify's share). Without a share
	// there were 52.
	drizzleMost = 10 + 5 + 3 + 2
)

// cardFlood tells of a new object each second: too few at a time for a digest,
// so that every one asks for a card of its own.
func cardFlood(r *run) error {
	return r.assaulted(func(_ context.Context, a *assault) error {
		// However long the honest take.
		ctx, stop := context.WithTimeout(r.ctx, drizzleFor)
		defer stop()
		err := a.flood(ctx, forever, 1, func(i int) *corev1.Event {
			pause(ctx, drizzleEvery)
			return eventOf(evil, "Pod", fmt.Sprintf("x-%08d", i), "BackOff")
		})
		if r.ctx.Err() != nil {
			return err
		}
		alone := 0
		for _, m := range a.bot.Messages() {
			if text := m.Plain(); strings.Contains(text, evil+"/") && !strings.Contains(text, "honest-") {
				alone++
			}
		}
		r.note("%d cards about the flood alone in %s", alone, drizzleFor)
		if alone > drizzleMost {
			r.breaks("%d cards about the flood alone in %s, want at most %d", alone, drizzleFor, drizzleMost)
		}
		return err
	})
}

package main

import (
	"context"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// killWorlds is how many functions, each with its own ledger, share the rounds
// of a kill row.
const killWorlds = 2

// worlds runs a row's rounds in n scenes side by side.
func (r *run) worlds(n int, do func(s *scene, rounds int) error, env ...string) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		rounds := r.rounds/n + min(1, max(0, r.rounds%n-i))
		if rounds == 0 {
			continue
		}
		s, err := r.scene(env...)
		if err != nil {
			return err
		}
		all.Go(func() {
			errs[i] = do(s, rounds)
			if err := s.close(); err != nil && errs[i] == nil {
				errs[i] = err
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func killNotify(r *run) error {
	return r.worlds(killWorlds, killNotifyIn, "GROUP_WAIT=20ms", "REPEAT_INTERVAL=100ms")
}

// killNotifyIn kills the function again and again while events come in.
func killNotifyIn(s *scene, rounds int) error {
	ctx := s.run.ctx
	s.hurry(rounds)
	sender := newSender(s)
	sender.gap = 5 * time.Millisecond
	end := sender.begin(ctx)
	for range rounds {
		if err := s.start(); err != nil {
			return err
		}
		if err := s.instant(ctx, sender); err != nil {
			return err
		}
		if err := s.kill(ctx); err != nil {
			return err
		}
	}
	if err := s.up(ctx); err != nil {
		return err
	}
	if err := end(); err != nil {
		return err
	}
	v, err := s.settle(ctx, sender.account())
	if err != nil {
		return err
	}
	s.run.add(rounds, v)
	s.run.note("%d posts answered, %d cut off under way; %d cards of lives that ended before the mark", sender.posts, sender.count(cutOff), s.unmarked())
	return nil
}

// hurry lets the bot take more than 100 a minute, as each life of the function
// begins its count anew, and answer slowly now and then, so that kills fall
// between a message and its answer.
func (s *scene) hurry(rounds int) {
	s.bot.Configure(func(o *feishutest.Options) { o.PerMinute = feishutest.Off })
	s.bot.ScriptRandom(4*rounds, 0.4, feishutest.SlowResponse(300), feishutest.SlowResponse(2000))
}

// instant waits for the instant of a kill: soon after the start, any time
// later, soon after events were taken (put), or after a card was (answer,
// mark).
func (s *scene) instant(ctx context.Context, sender *sender) error {
	ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
	defer cancel()
	switch s.rng.IntN(8) {
	case 0:
		pause(ctx, s.upTo(60*time.Millisecond))
	case 1, 2:
		sender.answered(ctx)
		pause(ctx, s.upTo(400*time.Millisecond))
	case 3, 4, 5:
		sender.answered(ctx)
		sender.answered(ctx)
		pause(ctx, s.upTo(10*time.Millisecond))
	default:
		_, _ = s.bot.WaitAnswers(ctx, len(s.bot.Answers())+1) // or the time is over
		pause(ctx, s.upTo(10*time.Millisecond))
	}
	return s.notify.Alive()
}

func (s *scene) upTo(d time.Duration) time.Duration { return time.Duration(s.rng.Int64N(int64(d))) }

// unmarked counts the cards whose mark the function did not live to see.
func (s *scene) unmarked() (n int) {
	for _, l := range s.lives {
		if l.to >= 0 {
			l.mu.Lock()
			n += l.to - l.from - l.marked
			l.mu.Unlock()
		}
	}
	return n
}

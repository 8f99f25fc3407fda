package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// apiTTL keeps the source down for longer than Events live: what expired
// meanwhile is lost to it, and the next card says so.
func apiTTL(r *run) error {
	const ttl = time.Minute
	return r.onPlane([]string{"--event-ttl", ttl.String()}, []string{"EVENT_TTL=" + ttl.String()}, func(p *plane, s *scene, src *source) error {
		if err := src.up(r.ctx); err != nil {
			return err
		}
		w := p.recorder(s)
		if err := w.write(r.ctx, 10); err != nil {
			return err
		}
		before, err := p.account(r.ctx)
		if err != nil {
			return err
		}
		if err := eventually(r.ctx, settlePatience, "all is told", func() error { return s.settled(r.ctx, before) }); err != nil {
			return err
		}
		if err := s.heard(r.ctx); err != nil {
			return err
		}
		src.kill()
		missed := p.recorder(s)
		if err := missed.write(r.ctx, 10); err != nil {
			return err
		}
		lost := sum(missed.events.made).total()
		if err := p.expired(r.ctx, ttl); err != nil {
			return err
		}
		after := p.recorder(s)
		if err := errors.Join(after.write(r.ctx, 10), src.up(r.ctx)); err != nil {
			return err
		}
		want := plus(before, sum(after.events.made))
		if err := s.wantNotice(gapTold); err != nil {
			r.breaks("%d occurrences may have been missed: %v", lost, err)
		}
		v, err := s.settle(r.ctx, want)
		if err != nil {
			return err
		}
		v.in, v.lost = v.in+lost, v.lost+lost
		r.add(1, v)
		r.note("%d occurrences expired while the source was down; the card says: %v", lost, v.notices)
		return nil
	})
}

// heard waits until the source has told the function that it is connected: only
// of a source that was there can it be said since when it was away.
func (s *scene) heard(ctx context.Context) error {
	return eventually(ctx, 30*time.Second, "the source's status is heard", func() error {
		st, err := s.status(ctx)
		if err == nil && (len(st.Sources) == 0 || !st.Sources[0].Connected) {
			err = errors.New("no source says it is connected")
		}
		return err
	})
}

// wantNotice waits for a card that says something about Edgebell itself.
func (s *scene) wantNotice(words string) error {
	return eventually(s.run.ctx, 30*time.Second, "a card says "+words, func() error {
		for _, m := range s.bot.Messages() {
			if r, err := read(m); err == nil && slices.ContainsFunc(r.notices, func(n string) bool { return strings.Contains(n, words) }) {
				return nil
			}
		}
		return errors.New("none does")
	})
}

// expired waits until the API server holds no Event any more.
func (p *plane) expired(ctx context.Context, ttl time.Duration) error {
	pause(ctx, ttl)
	return eventually(ctx, 2*ttl, "Events expire", func() error {
		events, err := p.list(ctx)
		if err == nil && len(events) > 0 {
			err = fmt.Errorf("%d are left", len(events))
		}
		return err
	})
}

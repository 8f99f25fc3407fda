package main

import (
	"context"
	"time"
)

// sourceScene is a function, a stand-in API server, and a source that is not
// started.
func (r *run) sourceScene(env ...string) (*scene, *stand, *source, error) {
	s, err := r.scene(env...)
	if err != nil {
		return nil, nil, nil, err
	}
	st, err := s.stand()
	if err != nil {
		return nil, nil, nil, err
	}
	return s, st, s.source(st.kubeconfig), nil
}

// killSource kills the event source while Events go on.
func killSource(r *run) error {
	s, st, src, err := r.sourceScene()
	if err != nil {
		return err
	}
	defer st.srv.Close()
	defer src.kill()
	return s.during(func() error {
		end := st.live(r.ctx, split(s.rng))
		defer end()
		for range r.rounds {
			if err := src.round(r.ctx, s, st); err != nil {
				return err
			}
		}
		if err := src.up(r.ctx); err != nil {
			return err
		}
		end()
		return s.conclude(st.account(), r.rounds)
	})
}

// round is one life of the source.
func (src *source) round(ctx context.Context, s *scene, st *stand) error {
	if err := src.start(); err != nil {
		return err
	}
	src.instant(ctx, s, st)
	if err := src.process.Alive(); err != nil {
		return err
	}
	src.kill()
	return nil
}

// instant waits for the instant of a kill: any time after the start, while it
// lists, or while it watches.
func (src *source) instant(ctx context.Context, s *scene, st *stand) {
	ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
	defer cancel()
	switch s.rng.IntN(3) {
	case 0:
		pause(ctx, s.upTo(300*time.Millisecond))
	case 1:
		seen := len(st.api.Requests())
		for len(st.api.Requests()) == seen && ctx.Err() == nil {
			pause(ctx, time.Millisecond)
		}
		pause(ctx, s.upTo(30*time.Millisecond))
	default:
		for st.api.Watching() == 0 && ctx.Err() == nil {
			pause(ctx, time.Millisecond)
		}
		pause(ctx, s.upTo(200*time.Millisecond))
	}
}

// during runs do while the function is up, and closes the scene.
func (s *scene) during(do func() error) error {
	err := s.up(s.run.ctx)
	if err == nil {
		err = do()
	}
	if closing := s.close(); err == nil {
		err = closing
	}
	return err
}

// conclude waits until all is told and adds the verdict to the row.
func (s *scene) conclude(want account, rounds int) error {
	v, err := s.settle(s.run.ctx, want)
	if err == nil {
		s.run.add(rounds, v)
	}
	return err
}

// killBoth kills function and source, now one, now the other, now both.
func killBoth(r *run) error {
	s, st, src, err := r.sourceScene("GROUP_WAIT=20ms", "REPEAT_INTERVAL=100ms")
	if err != nil {
		return err
	}
	defer st.srv.Close()
	defer src.kill()
	s.hurry(r.rounds)
	return s.during(func() error {
		end := st.live(r.ctx, split(s.rng))
		defer end()
		for range r.rounds {
			if err := s.killSome(r.ctx, src, st); err != nil {
				return err
			}
		}
		if err := s.lift(r.ctx, src); err != nil {
			return err
		}
		end()
		return s.conclude(st.account(), r.rounds)
	})
}

// killSome kills one or both, the first a moment before the second.
func (s *scene) killSome(ctx context.Context, src *source, st *stand) error {
	if err := s.lift(ctx, src); err != nil {
		return err
	}
	src.instant(ctx, s, st)
	if err := src.process.Alive(); err != nil {
		return err
	}
	which := s.rng.IntN(4)
	if which != 0 {
		if err := s.kill(ctx); err != nil {
			return err
		}
		pause(ctx, s.upTo(30*time.Millisecond))
	}
	if which != 1 {
		src.kill()
	}
	return nil
}

// lift starts what does not run.
func (s *scene) lift(ctx context.Context, src *source) error {
	if s.notify == nil {
		if err := s.up(ctx); err != nil {
			return err
		}
	}
	if src.process == nil || src.process.Alive() != nil {
		return src.start()
	}
	return nil
}

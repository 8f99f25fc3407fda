package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

// ownEvents leaves out what the API server itself has to say.
const ownEvents = "FIELD_SELECTOR=metadata.namespace=" + namespace

// onPlane runs do with a control plane, a function and a source between them
// that is not started.
func (r *run) onPlane(args, env []string, do func(p *plane, s *scene, src *source) error) error {
	p, err := r.plane(args...)
	if err != nil {
		return err
	}
	s, err := r.scene(env...)
	if err != nil {
		return errors.Join(err, p.Stop(stopPatience))
	}
	src := s.source(p.Kubeconfig, ownEvents)
	err = s.during(func() error {
		defer src.kill()
		return do(p, s, src)
	})
	return errors.Join(err, p.Stop(stopPatience))
}

// concludeOn compares what the cards told with what the API server holds.
func (s *scene) concludeOn(p *plane, rounds int) error {
	want, err := p.account(s.run.ctx)
	if err != nil {
		return err
	}
	return s.conclude(want, rounds)
}

// apiRestart kills the API server while Events go on.
func apiRestart(r *run) error {
	return r.onPlane(nil, nil, func(p *plane, s *scene, src *source) error {
		if err := src.up(r.ctx); err != nil {
			return err
		}
		end := p.recorder(s).live(r.ctx)
		for range r.rounds {
			pause(r.ctx, 200*time.Millisecond+s.upTo(time.Second))
			if err := errors.Join(p.killAPIServer(), p.back(r.ctx)); err != nil {
				return errors.Join(err, end())
			}
		}
		if err := errors.Join(end(), src.process.Alive()); err != nil {
			return err
		}
		return s.concludeOn(p, r.rounds)
	})
}

// apiCompaction lets the source's position be compacted in a quiet spell, in
// which other things are written, and breaks its watch: it meets 410 Gone.
func apiCompaction(r *run) error {
	return r.onPlane(nil, nil, func(p *plane, s *scene, src *source) error {
		if err := src.up(r.ctx); err != nil {
			return err
		}
		w := p.recorder(s)
		for range r.rounds {
			if err := w.write(r.ctx, 10); err != nil {
				return err
			}
			for range 7 { // longer than two compactions
				if err := p.touch(r.ctx, s); err != nil {
					return err
				}
				pause(r.ctx, time.Second)
			}
			if err := p.killAPIServer(); err != nil {
				return err
			}
			if err := w.write(r.ctx, 10); err != nil {
				return err
			}
		}
		if err := s.concludeOn(p, r.rounds); err != nil {
			return err
		}
		return src.wantGone(r)
	})
}

// touch writes something that is no Event, which moves the revision.
func (p *plane) touch(ctx context.Context, s *scene) error {
	return p.must(ctx, http.MethodPost, "/api/v1/namespaces/"+namespace+"/configmaps",
		object{"metadata": object{"name": fmt.Sprintf("touched-%x", s.rng.Uint64())}})
}

// wantGone wants to have seen the fault that the row is about.
func (src *source) wantGone(r *run) error {
	raw, err := process.Get(r.ctx, nil, "http://"+src.address+"/status")
	if err != nil {
		return err
	}
	var st struct{ Gone, Lists, Watches int }
	if err := json.Unmarshal(raw, &st); err != nil {
		return err
	}
	r.note("the source met 410 %d times: %d lists, %d watches", st.Gone, st.Lists, st.Watches)
	if st.Gone == 0 {
		r.breaks("the source never met 410 Gone: nothing was shown")
	}
	return nil
}

// apiDown stops the source for a while, in which Events are made and go on.
func apiDown(r *run) error {
	return r.onPlane(nil, nil, func(p *plane, s *scene, src *source) error {
		w := p.recorder(s)
		for range r.rounds {
			if err := src.up(r.ctx); err != nil {
				return err
			}
			if err := w.write(r.ctx, 1+s.rng.IntN(20)); err != nil {
				return err
			}
			src.kill()
			if err := w.write(r.ctx, 40); err != nil {
				return err
			}
			pause(r.ctx, s.upTo(5*time.Second)) // a compaction may fall into it
		}
		if err := src.up(r.ctx); err != nil {
			return err
		}
		return s.concludeOn(p, r.rounds)
	})
}

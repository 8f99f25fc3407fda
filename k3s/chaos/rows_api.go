package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// onPlane runs do with a control plane, a function and a source between them
// that is not started.
func (r *run) onPlane(args, env []string, do func(p *plane, s *scene, src *source) error) error {
	p, err := r.plane(args...)
	if err != nil {
		return err
	}
	s, err := r.scene(env...)
	if err != nil {
		return errors.Join(err, p.process.stop())
	}
	src := s.source(p.kubeconfig)
	err = s.during(func() error {
		defer src.kill()
		return do(p, s, src)
	})
	return errors.Join(err, p.process.stop())
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
		if err := errors.Join(end(), src.alive()); err != nil {
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
	raw, err := fetch(r.ctx, "http://"+src.address+"/status")
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

// apiToken rotates the source's token as an expiry does: the old one is refused
// from then on, and a new one is in the file a while later.
func apiToken(r *run) error {
	return r.onPlane(nil, nil, func(p *plane, s *scene, _ *source) error {
		token := filepath.Join(r.dir, "token")
		kubeconfig, err := p.withToken(r.dir, token)
		if err != nil {
			return err
		}
		if err := p.newToken(r.ctx, token); err != nil {
			return err
		}
		src := s.source(kubeconfig)
		defer src.kill()
		if err := src.up(r.ctx); err != nil {
			return err
		}
		w := p.recorder(s)
		for range r.rounds {
			if err := w.write(r.ctx, 10); err != nil {
				return err
			}
			if err := p.must(r.ctx, http.MethodDelete, accountsPath+"/"+accountName, nil); err != nil {
				return err
			}
			if err := errors.Join(p.killAPIServer(), w.write(r.ctx, 10), src.refused(r.ctx)); err != nil {
				return err
			}
			if err := errors.Join(p.newToken(r.ctx, token), w.write(r.ctx, 10)); err != nil {
				return err
			}
		}
		return s.concludeOn(p, r.rounds)
	})
}

const (
	accountName  = "edgebell"
	accountsPath = "/api/v1/namespaces/" + namespace + "/serviceaccounts"
)

// newToken makes the source's account, which may read Events, and a token.
func (p *plane) newToken(ctx context.Context, file string) error {
	role := object{
		"metadata": object{"name": accountName},
		"rules":    []object{{"apiGroups": []string{""}, "resources": []string{"events"}, "verbs": []string{"get", "list", "watch"}}},
	}
	binding := object{
		"metadata": object{"name": accountName},
		"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": accountName},
		"subjects": []object{{"kind": "ServiceAccount", "namespace": namespace, "name": accountName}},
	}
	const rbac = "/apis/rbac.authorization.k8s.io/v1"
	if err := errors.Join(
		p.must(ctx, http.MethodPost, accountsPath, object{"metadata": object{"name": accountName}}),
		p.must(ctx, http.MethodPost, rbac+"/clusterroles", role),
		p.must(ctx, http.MethodPost, rbac+"/clusterrolebindings", binding),
	); err != nil {
		return err
	}
	status, answer, err := p.do(ctx, http.MethodPost, accountsPath+"/"+accountName+"/token", object{"spec": object{"expirationSeconds": 3600}})
	var made struct{ Status struct{ Token string } }
	if err == nil {
		err = json.Unmarshal(answer, &made)
	}
	if err != nil || made.Status.Token == "" {
		return fmt.Errorf("make a token: %d %w", status, err)
	}
	if err := os.WriteFile(file+".new", []byte(made.Status.Token), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// withToken is the plane's kubeconfig with a token's file instead of a
// certificate.
func (p *plane) withToken(dir, token string) (path string, err error) {
	cfg, err := clientcmd.LoadFromFile(p.kubeconfig)
	if err != nil {
		return "", err
	}
	for _, user := range cfg.AuthInfos {
		user.ClientCertificate, user.ClientKey, user.TokenFile = "", "", token
		user.ClientCertificateData, user.ClientKeyData = nil, nil
	}
	path = filepath.Join(dir, "token.kubeconfig")
	return path, clientcmd.WriteToFile(*cfg, path)
}

// refused waits until the source has been refused.
func (src *source) refused(ctx context.Context) error {
	return eventually(ctx, 2*time.Minute, "the source's old token is refused", func() error {
		raw, err := fetch(ctx, "http://"+src.address+"/status")
		if err != nil {
			return err
		}
		var st struct {
			Connected bool
			Reason    string
		}
		if err := json.Unmarshal(raw, &st); err != nil {
			return err
		}
		if st.Connected {
			return errors.New("the source is still connected")
		}
		return nil
	})
}

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

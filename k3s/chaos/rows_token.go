package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/edgebell/edgebell/k3s/process"
)

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
		src := s.source(kubeconfig, ownEvents)
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
	cfg, err := clientcmd.LoadFromFile(p.Kubeconfig)
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
		raw, err := process.Get(ctx, nil, "http://"+src.address+"/status")
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

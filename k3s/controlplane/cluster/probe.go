package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const probePause = 100 * time.Millisecond

// probe asks the components how they are, as the administrator.
type probe struct{ client *http.Client }

func newProbe(dir string) (*probe, error) {
	authority, err := LoadAuthority(dir)
	if err != nil {
		return nil, err
	}
	certificate, key, err := authority.client(identity{user: "admin", groups: []string{"system:masters"}})
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("load own certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority.certificate)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}
	return &probe{client: &http.Client{Transport: transport, Timeout: 5 * time.Second}}, nil
}

// ok waits until url answers 200, or until ctx is done or broken says that the
// one who should answer has given up.
func (p *probe) ok(ctx context.Context, url string, broken <-chan struct{}) error {
	return until(ctx, broken, func() error { return p.get(ctx, url) })
}

func (p *probe) get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500)) // for the message only
		return fmt.Errorf("%s answers %s: %s", url, response.Status, text)
	}
	return nil
}

// socket waits until somebody listens on the unix socket.
func (p *probe) socket(ctx context.Context, path string, broken <-chan struct{}) error {
	return until(ctx, broken, func() error {
		connection, err := net.Dial("unix", path)
		if err != nil {
			return err
		}
		return connection.Close()
	})
}

var errBroken = errors.New("component gave up")

func until(ctx context.Context, broken <-chan struct{}, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-broken:
			return errBroken
		case <-ctx.Done():
			return fmt.Errorf("%w; last answer: %w", context.Cause(ctx), err)
		case <-time.After(probePause):
		}
	}
}

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

const auditToken = "chaos-audit-token-0123456789"

// caller is an API server's way to the audit webhook.
type caller struct {
	url, token string
	client     *http.Client
}

// post hands over audit entries; what is not 200 is an error.
func (c *caller) post(ctx context.Context, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.SetBasicAuth("edgebell", c.token)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, process.Tail(string(answer), 200))
	}
	return nil
}

// auditTLS abuses the audit webhook's port as HTTPS makes it possible, while an
// API server uses it.
func auditTLS(r *run) error {
	return r.assaulted(func(ctx context.Context, a *assault) error {
		p, err := newPKI(r.dir)
		if err != nil {
			return err
		}
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.trusted}, ForceAttemptHTTP2: true} // as an API server offers it
		honest := &caller{token: auditToken, client: &http.Client{Timeout: 5 * time.Second, Transport: transport}}
		return r.besieged(ctx, a, "https", honest, tlsAbuses(p),
			"AUDIT_TOKEN="+auditToken, "AUDIT_TLS_CERT_FILE="+p.certFile, "AUDIT_TLS_KEY_FILE="+p.keyFile, "AUDIT_CLIENT_CA_FILE="+p.caFile)
	})
}

// besieged starts an audit webhook, keeps the abuses going and hands honest
// audit entries over meanwhile; the cards must name these, too.
func (r *run) besieged(ctx context.Context, a *assault, scheme string, honest *caller, by []abuse, env ...string) error {
	a.also.Store(honestStories)
	address := process.FreeAddress()
	hook, err := r.spawn("audit-webhook", append([]string{
		"LISTEN_ADDRESS=" + address, "K_SINK=http://" + a.sink + "/", "CLUSTER_NAME=" + cluster, "LOG_LEVEL=warn", "GOMEMLIMIT=24MiB", "GOGC=50",
	}, env...), nil, nil)
	if err != nil {
		return err
	}
	defer hook.Kill()
	honest.url = scheme + "://" + address
	if err := hook.Ready(ctx, honest.client, honest.url+"/readyz"); err != nil {
		return err
	}
	var abusing sync.WaitGroup
	var bad error
	ctx, stop := context.WithCancel(ctx)
	began := time.Now()
	abusing.Go(func() { bad = a.abusers(ctx, address, by) })
	err = a.entries(ctx, honest)
	if err == nil {
		<-ctx.Done() // until the cards have told it all
	}
	stop()
	abusing.Wait()
	memory, peak := peakMemory(hook)
	cpu, used := hook.CPU()
	r.note("audit-webhook had %d MiB resident at most and used %s of CPU in %s", memory>>20, cpu, time.Since(began).Round(time.Second))
	if memory > mostMemory {
		r.breaks("audit-webhook had %d bytes of memory, want at most %d", memory, mostMemory)
	}
	return errors.Join(err, bad, peak, used)
}

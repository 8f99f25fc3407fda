package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// chain is everything between an API server and the group: the stand-ins run in
// this process, the two programs in their own.
type chain struct {
	b              *bench
	api            *apiservertest.Server
	bot            *feishutest.Bot
	notify, source *measured
	webhook        *measured // the audit webhook, in the source's place
	sinkAt, pageAt string
	firstList      atomic.Int64 // nanoseconds after the source's start
	ready          time.Duration
	closers        []func()
}

// setup is how a chain differs from the usual one.
type setup struct {
	events     []*corev1.Event // there before the source starts
	tls        bool
	limited    bool // the bot keeps the limits of the real one
	noSource   bool
	auditAt    string // where to run the audit webhook, if anywhere
	kubeconfig string // of another API server
	sinkProxy  func(to string) (url string, close func(), err error)
	notify     []string // more environment of the function
}

func (b *bench) start(s setup) (c *chain, err error) {
	c = &chain{b: b, api: apiservertest.New()}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	dir, clean, err := b.folder()
	if err != nil {
		return c, err
	}
	c.closers = append(c.closers, clean)
	if err := c.startNotify(s, dir); err != nil {
		return c, err
	}
	if s.auditAt != "" {
		if err := c.startWebhook(s); err != nil {
			return c, err
		}
	}
	if s.noSource {
		return c, nil
	}
	return c, c.startSource(s, dir)
}

// startNotify runs the function against a stand-in bot, which mostly has no
// limits.
func (c *chain) startNotify(s setup, dir string) (err error) {
	bot := feishutest.Options{Secret: "s3cret"}
	if !s.limited {
		bot.PerSecond, bot.PerMinute = feishutest.Off, feishutest.Off
	}
	c.bot = feishutest.NewBot(bot)
	env := []string{"FEISHU_SECRET=s3cret", "FEISHU_MAX_PER_MINUTE=100", "DATA_DIR=" + dir, "CLUSTER_NAME=bench"}
	if s.tls {
		ca := filepath.Join(dir, "ca.pem")
		if err := os.WriteFile(ca, c.bot.UseTLS(), 0o600); err != nil {
			return err
		}
		env = append(env, "SSL_CERT_FILE="+ca)
	}
	c.bot.Start()
	c.closers = append(c.closers, c.bot.Close)
	c.sinkAt = process.FreeAddress()
	env = append(env, "FEISHU_WEBHOOK_URL="+c.bot.URL, "LISTEN_ADDRESS="+c.sinkAt)
	if c.notify, err = c.b.spawn(filepath.Join(c.b.opts.bin, "notify"), slices.Concat(env, s.notify, c.b.opts.env)); err != nil {
		return err
	}
	c.closers = append(c.closers, c.notify.stop)
	err = c.b.ready(c.notify, "http://"+c.sinkAt+"/readyz")
	c.ready = time.Since(c.notify.Started)
	return err
}

// startSource runs the event source between an API server and the function.
func (c *chain) startSource(s setup, dir string) error {
	kubeconfig, err := s.kubeconfig, error(nil)
	if kubeconfig == "" {
		if kubeconfig, err = c.serve(s.events, dir); err != nil {
			return err
		}
	}
	sink, err := c.sink(s)
	if err != nil {
		return err
	}
	c.pageAt = process.FreeAddress()
	env := []string{"KUBECONFIG=" + kubeconfig, "K_SINK=" + sink, "LISTEN_ADDRESS=" + c.pageAt, "CLUSTER_NAME=bench"}
	if c.source, err = c.b.spawn(filepath.Join(c.b.opts.bin, "event-source"), slices.Concat(env, c.b.opts.env)); err != nil {
		return err
	}
	c.closers = append(c.closers, c.source.stop)
	began := c.source.Started
	c.api.Intercept(func(apiservertest.Request) int {
		c.firstList.CompareAndSwap(0, int64(time.Since(began)))
		return 0
	})
	return c.b.ready(c.source, "http://"+c.pageAt+"/readyz")
}

// startWebhook runs the audit webhook before the function.
func (c *chain) startWebhook(s setup) error {
	sink, err := c.sink(s)
	if err != nil {
		return err
	}
	env := []string{"K_SINK=" + sink, "LISTEN_ADDRESS=" + s.auditAt, "AUDIT_TOKEN=" + auditToken, "CLUSTER_NAME=bench"}
	if c.webhook, err = c.b.spawn(filepath.Join(c.b.opts.bin, "audit-webhook"), slices.Concat(env, c.b.opts.env)); err != nil {
		return err
	}
	c.closers = append(c.closers, c.webhook.stop)
	return c.b.ready(c.webhook, "http://"+s.auditAt+"/readyz")
}

// sink is the URL that a source posts to.
func (c *chain) sink(s setup) (string, error) {
	sink := "http://" + c.sinkAt + "/"
	if s.sinkProxy == nil {
		return sink, nil
	}
	url, closeProxy, err := s.sinkProxy(sink)
	if err == nil {
		c.closers = append(c.closers, closeProxy)
	}
	return url, err
}

// serve runs the stand-in API server.
func (c *chain) serve(events []*corev1.Event, dir string) (kubeconfig string, err error) {
	c.api.Add(events...)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: c.api, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close
	c.closers = append(c.closers, func() { _ = srv.Close() })
	kubeconfig = filepath.Join(dir, "kubeconfig")
	return kubeconfig, os.WriteFile(kubeconfig, apiservertest.Kubeconfig("http://"+l.Addr().String(), nil, ""), 0o600)
}

func (c *chain) close() {
	for i := len(c.closers) - 1; i >= 0; i-- {
		c.closers[i]()
	}
}

// delivered asks the source how many Events the function has taken.
func (c *chain) delivered() (uint64, error) {
	raw, err := get(c.b.ctx, "http://"+c.pageAt+"/status")
	if err != nil {
		return 0, err
	}
	var page struct {
		Delivered uint64 `json:"delivered"`
	}
	return page.Delivered, json.Unmarshal(raw, &page)
}

// drained waits until n Events were delivered.
func (c *chain) drained(n int, within time.Duration) error {
	return c.b.eventually(within, "all Events are delivered", func() error {
		got, err := c.delivered()
		if err == nil && got < uint64(n) {
			err = fmt.Errorf("%d of %d are", got, n)
		}
		return err
	})
}

// both are the two programs in the order of the data.
func (c *chain) both() []*measured { return []*measured{c.source, c.notify} }

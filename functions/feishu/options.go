package feishu

import (
	"crypto/x509"
	"log/slog"
	"net/http"
	"time"
)

type options struct {
	client    *http.Client
	transport http.RoundTripper
	clock     func() time.Time
	tlsTime   func() time.Time
	roots     *x509.CertPool
	log       *slog.Logger
}

// Option changes what New builds.
type Option func(*options)

// WithHTTPClient uses the client's transport and timeout; redirects are never
// followed. Wire bytes are not counted then.
func WithHTTPClient(hc *http.Client) Option { return func(o *options) { o.client = hc } }

// WithTransport uses another transport. Wire bytes are not counted then.
func WithTransport(rt http.RoundTripper) Option { return func(o *options) { o.transport = rt } }

// WithClock replaces time.Now for signing and measuring.
func WithClock(now func() time.Time) Option { return func(o *options) { o.clock = now } }

// WithRootCAs replaces the system's certificate authorities.
func WithRootCAs(pool *x509.CertPool) Option { return func(o *options) { o.roots = pool } }

// WithTLSTime sets the time against which certificates are checked, for a box
// whose clock starts in 1970. The check itself cannot be turned off.
func WithTLSTime(now func() time.Time) Option { return func(o *options) { o.tlsTime = now } }

// WithLogger takes what is worth a line without being an error: a corrected
// clock. The default discards it.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

func (o options) httpClient(total *meter) *http.Client {
	hc := &http.Client{Transport: o.transport}
	if o.client != nil {
		copied := *o.client
		hc = &copied
		if o.transport != nil {
			hc.Transport = o.transport
		}
	}
	if hc.Transport == nil && o.client == nil {
		hc.Transport = newTransport(newTLSConfig(o), total)
	}
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return hc
}

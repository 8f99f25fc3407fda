package feishu

import (
	"crypto/x509"
	"log/slog"
	"net/http"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/wire"
)

type options struct {
	wire wire.Options
	log  *slog.Logger
}

// Option changes what New builds.
type Option func(*options)

// WithHTTPClient uses the client's transport and timeout; redirects are never
// followed. Wire bytes are not counted then.
func WithHTTPClient(hc *http.Client) Option { return func(o *options) { o.wire.Client = hc } }

// WithTransport uses another transport. Wire bytes are not counted then.
func WithTransport(rt http.RoundTripper) Option { return func(o *options) { o.wire.Transport = rt } }

// WithClock replaces time.Now for signing and measuring.
func WithClock(now func() time.Time) Option { return func(o *options) { o.wire.Clock = now } }

// WithRootCAs replaces the system's certificate authorities.
func WithRootCAs(pool *x509.CertPool) Option { return func(o *options) { o.wire.Roots = pool } }

// WithTLSTime sets the time against which certificates are checked, for a box
// whose clock starts in 1970. The check itself cannot be turned off.
func WithTLSTime(now func() time.Time) Option { return func(o *options) { o.wire.TLSTime = now } }

// WithLogger takes what is worth a line without being an error: a corrected
// clock. The default discards it.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

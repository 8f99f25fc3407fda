package webhook

import (
	"crypto/x509"
	"log/slog"
	"time"

	"github.com/edgebell/edgebell/functions/card"
)

// Options are what the wiring knows besides a channel's Config; every channel
// takes the same. The zero value works.
type Options struct {
	// Cluster is shown where no alert names its own.
	Cluster string
	// Log takes what is worth a line without being an error; nil discards it.
	Log *slog.Logger
	// TLSTime is the time against which certificates are checked.
	TLSTime func() time.Time
	// Learn takes each Date of an answer whose sender was verified.
	Learn func(time.Time)
	// UserAgent is sent with every request; empty is edgebell.
	UserAgent string
	// Roots replaces the system's certificate authorities.
	Roots *x509.CertPool
	// Clock replaces time.Now.
	Clock func() time.Time
}

// Logger is Log, or one that discards.
func (o Options) Logger() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

// Cards makes the renderer of a channel with forms of its own: no message takes
// more than maxBytes, and each holds keyword, which may be empty. CARD_TEMPLATE
// and CARD_SCHEMA are Feishu's and count for nothing here.
func (o Options) Cards(cfg card.Config, maxBytes int, keyword string, forms ...card.Form) (*card.Renderer, error) {
	cfg.Template, cfg.Schema = "", ""
	return card.New(cfg, card.Options{Cluster: o.Cluster, Forms: forms, MaxBytes: maxBytes, Keyword: keyword})
}

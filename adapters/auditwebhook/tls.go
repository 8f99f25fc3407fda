package auditwebhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// TLS is the server's side of HTTPS, nil without AUDIT_TLS_CERT_FILE. The files
// are looked at again at each handshake and read when they have changed, so a
// renewed certificate needs no restart; while a changed file cannot be read,
// the last good one stays.
func (c *Config) TLS(log *slog.Logger) (*tls.Config, error) {
	if c.CertFile == "" {
		return nil, nil
	}
	k := &keeper{cfg: c, log: log}
	if _, err := k.current(nil); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols, GetConfigForClient: k.current}, nil
}

// protocols leaves HTTP/2 out: an API server posts one batch after another, for
// which connections that are kept alive are enough, and what HTTP/2 lets a
// stranger do before a handler is asked (streams reset as fast as opened,
// headers without end, answers that nobody reads) ends in the handshake.
var protocols = []string{"http/1.1"}

// keeper holds what was last read.
type keeper struct {
	cfg *Config
	log *slog.Logger

	mu   sync.Mutex
	seen [3]stamp
	good *tls.Config
}

// stamp tells whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
}

func (k *keeper) current(*tls.ClientHelloInfo) (*tls.Config, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.stamps()
	if k.good != nil && now == k.seen {
		return k.good, nil
	}
	fresh, err := k.load()
	k.seen = now // a bad file is not read again until it changes
	switch {
	case err == nil && k.good != nil:
		k.log.Info("certificate read again")
	case err != nil && k.good != nil:
		k.log.Error("changed certificate cannot be used: the last good one stays", "error", err)
		return k.good, nil
	case err != nil:
		return nil, err
	}
	k.good = fresh
	return fresh, nil
}

func (k *keeper) stamps() (all [3]stamp) {
	for i, name := range []string{k.cfg.CertFile, k.cfg.KeyFile, k.cfg.ClientCAFile} {
		if name == "" {
			continue
		}
		if info, err := os.Stat(name); err == nil {
			all[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return all
}

func (k *keeper) load() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(k.cfg.CertFile, k.cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read AUDIT_TLS_CERT_FILE and AUDIT_TLS_KEY_FILE: %w", err)
	}
	fresh := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols, Certificates: []tls.Certificate{pair},
		SessionTicketsDisabled: true, // a resumed session would outlive a changed authority
	}
	if k.cfg.ClientCAFile == "" {
		return fresh, nil
	}
	pem, err := os.ReadFile(k.cfg.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("read AUDIT_CLIENT_CA_FILE: %w", err)
	}
	fresh.ClientCAs = x509.NewCertPool()
	if !fresh.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("read AUDIT_CLIENT_CA_FILE: no certificate in it; must be PEM")
	}
	// Probes bring no certificate; POST asks for one, or for the token.
	fresh.ClientAuth = tls.VerifyClientCertIfGiven
	return fresh, nil
}

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// overTLS is an abuse of what lies behind the handshake.
func overTLS(a abuse, conns int, protocols ...string) abuse {
	inner := a.do
	a.name, a.conns = a.name+" over TLS", conns
	a.do = func(ctx context.Context, conn net.Conn) error {
		secure := tls.Client(conn, attackerTLS(protocols))
		if secure.HandshakeContext(ctx) != nil {
			return nil // cut off, or refused as it should be
		}
		return inner(ctx, secure)
	}
	return a
}

// attackerTLS trusts everybody: an attacker does not care whom it hurts.
func attackerTLS(protocols []string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: protocols} //nolint:gosec // an attacker
}

// tlsAbuses are what may be done to a port that speaks TLS.
func tlsAbuses(p *pki) []abuse {
	small, huge := hello(), hello(hugeProtocols()...)
	all := []abuse{
		{"no handshake", 200, func(ctx context.Context, _ net.Conn) error { <-ctx.Done(); return nil }},
		{"slow hello", 100, func(ctx context.Context, conn net.Conn) error {
			for i := 0; i < len(small)-1 && ctx.Err() == nil; i++ {
				if _, err := conn.Write(small[i : i+1]); err != nil {
					return nil //nolint:nilerr // cut off
				}
				pause(ctx, time.Second)
			}
			return nil
		}},
		{"huge hello without end", 60, func(ctx context.Context, conn net.Conn) error {
			return drip(ctx, conn, string(huge[:len(huge)-1]), "", time.Second)
		}},
		{"half a handshake", 8, func(_ context.Context, conn net.Conn) error {
			_, _ = conn.Write(small) // the server signs, the attacker need not even look
			_, _ = conn.Read(make([]byte, 1))
			return nil
		}},
		{"handshakes", 4, func(ctx context.Context, conn net.Conn) error {
			_ = tls.Client(conn, attackerTLS(nil)).HandshakeContext(ctx)
			return nil
		}},
		{"client certificates without end", 4, p.chain(chainLength)},
		{"client certificates, all of one name", 4, p.chain(30)},
		{"HTTP/2's preface over TLS", 4, overTLS(abuse{do: func(_ context.Context, conn net.Conn) error { return refusedPreface(conn) }}, 1).do},
	}
	for _, plain := range abuses {
		switch plain.name { // those that are answered by what a token opens
		case "gzip bomb", "wrong type", h2cName:
		default:
			all = append(all, overTLS(plain, max(plain.conns/4, 10)))
		}
	}
	for _, attack := range h2Attacks {
		all = append(all, overTLS(abuse{name: attack.name, do: func(ctx context.Context, conn net.Conn) error {
			return attackH2(ctx, conn, attack.settings, attack.stream, attack.every)
		}}, 4, "h2"))
	}
	return all
}

// hugeProtocols make a ClientHello that is just taken.
func hugeProtocols() (names []string) {
	for range 240 {
		names = append(names, strings.Repeat("p", 250))
	}
	return names
}

// hello is what a client writes first.
func hello(protocols ...string) []byte {
	var said overheard
	_ = tls.Client(&said, attackerTLS(protocols)).Handshake() // nobody answers
	return said.wrote
}

// overheard is a connection to nobody.
type overheard struct {
	net.Conn
	wrote []byte
}

func (r *overheard) Write(b []byte) (int, error) {
	r.wrote = append(r.wrote, b...)
	return len(b), nil
}
func (r *overheard) Read([]byte) (int, error) { return 0, io.EOF }

// pki is a server's certificate, the authority of good clients, and what a bad
// one shows.
type pki struct {
	certFile, keyFile, caFile string
	trusted                   *x509.CertPool
	bad                       tls.Certificate
}

// chainLength makes the certificate message as long as it may be.
const chainLength = 500

func newPKI(dir string) (*pki, error) {
	p := &pki{certFile: filepath.Join(dir, "tls.crt"), keyFile: filepath.Join(dir, "tls.key"), caFile: filepath.Join(dir, "ca.crt"), trusted: x509.NewCertPool()}
	good, goodKey, err := selfSigned("honest", 1)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalECPrivateKey(goodKey)
	if err != nil {
		return nil, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: good[0]})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
	p.trusted.AppendCertsFromPEM(certPEM)
	bad, badKey, err := selfSigned("attacker", chainLength)
	if err != nil {
		return nil, err
	}
	p.bad = tls.Certificate{Certificate: bad, PrivateKey: badKey}
	return p, errors.Join(os.WriteFile(p.certFile, certPEM, 0o600), os.WriteFile(p.keyFile, keyPEM, 0o600), os.WriteFile(p.caFile, certPEM, 0o600))
}

// selfSigned makes n certificates of one name and one key, so that each may
// have signed each.
func selfSigned(name string, n int) (all [][]byte, key *ecdsa.PrivateKey, err error) {
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, nil, err
	}
	for i := range n {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, der)
	}
	return all, key, nil
}

// chain shows the server n certificates of which none is good.
func (p *pki) chain(n int) func(context.Context, net.Conn) error {
	bad := p.bad
	bad.Certificate = bad.Certificate[:n]
	conf := attackerTLS(nil)
	conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &bad, nil }
	return func(ctx context.Context, conn net.Conn) error {
		secure := tls.Client(conn, conf)
		if secure.HandshakeContext(ctx) != nil {
			return nil // cut off, or refused as it should be
		}
		_, _ = io.WriteString(secure, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		if n, _ := secure.Read(make([]byte, 1)); n > 0 {
			return errors.New("a certificate of nobody's is good")
		}
		return nil
	}
}

package run

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// certificate is a good one whose own size is about extra bytes more than it
// need be.
func certificate(t *testing.T, extra int) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x" + strings.Repeat("y", extra)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// listener serves on loopback as the processes do.
func listener(t *testing.T, conf *tls.Config) (address string) {
	t.Helper()
	address = freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprintf(w, "%s %d", r.Proto, n)
	})
	go func() {
		done <- ServeWith(ctx, address, 0, &http.Server{Handler: h, TLSConfig: conf, ReadHeaderTimeout: 5 * time.Second}, time.Second)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	_ = dial(t, address).Close()
	return address
}

// dial tries until somebody listens.
func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

func serverTLS(t *testing.T) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{certificate(t, 0)}, NextProtos: []string{"h2", "http/1.1"}, ClientAuth: tls.RequestClientCert,
	}
}

// TestHTTPSSpeaksHTTP1: who wants HTTP/2 alone is refused in the handshake, who
// offers both gets HTTP/1.1.
func TestHTTPSSpeaksHTTP1(t *testing.T) {
	address := listener(t, serverTLS(t))
	for _, tc := range []struct {
		offers []string
		want   string
		works  bool
	}{
		{[]string{"h2"}, "", false}, {[]string{"h2", "http/1.1"}, "http/1.1", true}, {[]string{"http/1.1"}, "http/1.1", true}, {nil, "", true},
	} {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: tc.offers})
		if (err == nil) != tc.works {
			t.Errorf("offering %v: %v", tc.offers, err)
		}
		if err != nil {
			continue
		}
		if got := conn.ConnectionState().NegotiatedProtocol; got != tc.want {
			t.Errorf("offering %v: %q is spoken, want %q", tc.offers, got, tc.want)
		}
		prefaceIsRefused(t, conn)
	}
}

// TestPlainSpeaksHTTP1: HTTP/2 without a word before is no way around it.
func TestPlainSpeaksHTTP1(t *testing.T) {
	prefaceIsRefused(t, dial(t, listener(t, nil)))
}

// prefaceIsRefused: net/http hands HTTP/2's preface to the handler as the
// request that it looks like, for a path that none has; what matters is that
// nothing follows.
func prefaceIsRefused(t *testing.T, conn net.Conn) {
	t.Helper()
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn) // until it is closed
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) || !bytes.HasSuffix(answer, []byte("\r\n\r\nHTTP/2.0 0")) || err != nil {
		t.Errorf("HTTP/2's preface: %q, %v; want one answer in HTTP/1.1", answer, err)
	}
}

// TestHandshakeIsBounded: a hello or a heap of certificates over the bound ends
// the handshake; a request behind it has its own bounds.
func TestHandshakeIsBounded(t *testing.T) {
	address := listener(t, serverTLS(t))
	heap := func(n int) *tls.Config {
		c := certificate(t, 1000)
		for range n {
			c.Certificate = append(c.Certificate, c.Certificate[0])
		}
		return &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{c}}
	}
	protocols := make([]string, 100)
	for i := range protocols {
		protocols[i] = strings.Repeat("p", 200)
	}
	for _, tc := range []struct {
		name  string
		conf  *tls.Config
		works bool
	}{
		{"nothing but a hello", &tls.Config{InsecureSkipVerify: true}, true},
		{"a large chain", heap(4), true},
		{"a heap", heap(10), false},
		{"a heap by TLS 1.2", func() *tls.Config { c := heap(10); c.MaxVersion = tls.VersionTLS12; return c }(), false},
		{"a chain by TLS 1.2", func() *tls.Config { c := heap(4); c.MaxVersion = tls.VersionTLS12; return c }(), true},
		{"a huge hello", &tls.Config{InsecureSkipVerify: true, NextProtos: append(protocols, "http/1.1")}, false},
	} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: tc.conf, DisableKeepAlives: true}}
		resp, err := client.Post("https://"+address, "text/plain", strings.NewReader(strings.Repeat("b", 4<<20)))
		if (err == nil) != tc.works {
			t.Errorf("%s: %v", tc.name, err)
		}
		if err != nil {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		if got := string(body); got != "HTTP/1.1 4194304" || err != nil {
			t.Errorf("%s: %q, %v", tc.name, got, err)
		}
	}
}

// pipes is a listener of connections in memory.
type pipes struct{ conns chan net.Conn }

func (p *pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestHandshakeTakesNoLongerThanHeaders: neither silence nor a byte a second
// keeps a handshake open.
func TestHandshakeTakesNoLongerThanHeaders(t *testing.T) {
	conf := serverTLS(t)
	for name, hello := range map[string][]byte{
		"silence":      nil,
		"byte by byte": append([]byte{22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3}, make([]byte, 194)...),
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := &http.Server{TLSConfig: guard(conf), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
			ln := &pipes{make(chan net.Conn, 1)}
			server, client := net.Pipe()
			ln.conns <- server
			done := make(chan error, 1)
			go func() { done <- srv.ServeTLS(door{ln}, "", "") }()
			began := time.Now()
			var err error
			for err == nil && time.Since(began) < time.Minute {
				if len(hello) > 0 {
					_, err = client.Write(hello[:1])
					hello = hello[1:]
				}
				if err == nil {
					_ = client.SetReadDeadline(time.Now().Add(time.Second))
					_, err = client.Read(make([]byte, 100))
					if late := net.Error(nil); errors.As(err, &late) && late.Timeout() {
						err = nil
					}
				}
			}
			if took := time.Since(began); took > 6*time.Second {
				t.Errorf("%s: the handshake is given up after %s, want 5s", name, took)
			}
			close(ln.conns)
			<-done
		})
	}
}

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/k3s/process"
)

// abuse is something that is done to a port on many connections at once; do
// ends when it is cut off.
type abuse struct {
	name  string
	conns int
	do    func(ctx context.Context, conn net.Conn) error
}

const h2cName = "HTTP/2 unasked"

// abuses are what somebody may do to a port without saying anything of sense.
var abuses = []abuse{
	{"idle", 400, func(ctx context.Context, _ net.Conn) error { <-ctx.Done(); return nil }},
	{"slow headers", 200, func(ctx context.Context, conn net.Conn) error {
		return drip(ctx, conn, "POST / HTTP/1.1\r\nHost: x\r\n", "X-A: b\r\n", time.Second)
	}},
	{"slow body", 200, func(ctx context.Context, conn net.Conn) error {
		return drip(ctx, conn, postHead+"Content-Length: 8000000\r\n\r\n[", " ", time.Second)
	}},
	{"stalled bodies", 60, func(ctx context.Context, conn net.Conn) error {
		return drip(ctx, conn, stalled, " ", time.Second)
	}},
	{"endless chunks", 20, func(ctx context.Context, conn net.Conn) error {
		chunk := "10000\r\n" + strings.Repeat(" ", 1<<16) + "\r\n"
		return drip(ctx, conn, postHead+"Transfer-Encoding: chunked\r\n\r\n", chunk, time.Millisecond)
	}},
	{"huge headers", 20, func(ctx context.Context, conn net.Conn) error {
		return drip(ctx, conn, "POST / HTTP/1.1\r\nHost: x\r\n", "X-A: "+strings.Repeat("b", 8000)+"\r\n", time.Millisecond)
	}},
	{"gzip bomb", 5, gzipBomb},
	{"wrong type", 5, func(_ context.Context, conn net.Conn) error {
		return wantStatus(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}", http.StatusUnsupportedMediaType, http.StatusBadRequest)
	}},
	{h2cName, 10, h2c},
	{"HTTP/2's preface", 5, func(_ context.Context, conn net.Conn) error { return refusedPreface(conn) }},
}

// stalled is all of a large body but its end.
var stalled = postHead + "Content-Length: 8388608\r\n\r\n[" + strings.Repeat(" ", 8<<20-1000)

const postHead = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents-batch+json\r\n"

// drip writes begin and then again and again more, slowly, until it is cut off.
func drip(ctx context.Context, conn net.Conn, begin, more string, every time.Duration) error {
	_, err := io.WriteString(conn, begin)
	for err == nil && ctx.Err() == nil {
		_, err = io.WriteString(conn, more)
		pause(ctx, every)
	}
	return nil // being cut off is what it is for
}

// gzipBomb wants to be refused: no encoding is read.
func gzipBomb(_ context.Context, conn net.Conn) error {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 200 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	return wantStatus(conn, fmt.Sprintf("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", postHead, bomb.Len(), bomb.String()), http.StatusUnsupportedMediaType)
}

// wantStatus holds that a request is refused as it should be; when a crowd has
// cut it off first, that is well, too.
func wantStatus(conn net.Conn, request string, want ...int) error {
	if _, err := io.WriteString(conn, request); err != nil {
		return nil //nolint:nilerr // cut off
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil //nolint:nilerr // cut off
	}
	_ = resp.Body.Close()
	if !slices.Contains(want, resp.StatusCode) {
		return fmt.Errorf("answered %s, want %d", resp.Status, want)
	}
	return nil
}

// abusers keep every abuse of a port going, from other addresses than the
// honest, until ctx ends.
func (a *assault) abusers(ctx context.Context, address string, abuses []abuse) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for n, abuse := range abuses {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+n%4))}, Timeout: 5 * time.Second}
		for range abuse.conns {
			all.Go(func() {
				for ctx.Err() == nil {
					a.sent.Add(1)
					conn, err := dialer.DialContext(ctx, "tcp", address)
					if err != nil {
						pause(ctx, 100*time.Millisecond)
						continue
					}
					a.accepted.Add(1)
					stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
					err = abuse.do(ctx, conn)
					stop()
					_ = conn.Close()
					if err != nil {
						mu.Lock()
						errs = append(errs, fmt.Errorf("%s: %w", abuse.name, err))
						mu.Unlock()
						return
					}
					pause(ctx, 100*time.Millisecond)
				}
			})
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// notifyPort abuses the function's port while the honest use it.
func notifyPort(r *run) error {
	return r.assaulted(func(ctx context.Context, a *assault) error { return a.abusers(ctx, a.sink, abuses) })
}

// auditPort abuses the audit webhook's port while an API server uses it.
func auditPort(r *run) error {
	return r.assaulted(func(ctx context.Context, a *assault) error {
		return r.besieged(ctx, a, "http", &caller{client: process.Fresh}, abuses)
	})
}

// entries posts audit entries as an API server does, one after another, and
// wants each to be answered 200.
func (a *assault) entries(ctx context.Context, to *caller) error {
	for i := 0; i < honestStories; i++ {
		pause(ctx, time.Second)
		if ctx.Err() != nil {
			return fmt.Errorf("%d of %d audit entries were taken while the attack lasted", i, honestStories)
		}
		ev := eventOf(honestNamespace(i), "Pod", fmt.Sprintf("audited-%03d", i), "FailedScheduling")
		body, began := auditList(ev), time.Now()
		err := eventually(ctx, 30*time.Second, "an audit entry is taken", func() error {
			err := to.post(ctx, body)
			if err != nil {
				pause(ctx, 200*time.Millisecond) // an API server waits for longer
			}
			return err
		})
		if err != nil {
			return err
		}
		a.plea(ev, began)
	}
	return nil
}

func auditList(ev *corev1.Event) string {
	return fmt.Sprintf(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"level":"Request","auditID":%q,"stage":"ResponseComplete",
		"verb":"create","requestURI":"/api/v1/namespaces/%s/events","objectRef":{"resource":"events","namespace":%q,"name":%q,"apiVersion":"v1"},
		"responseStatus":{"code":201},"requestReceivedTimestamp":%q,
		"responseObject":{"kind":"Event","apiVersion":"v1","metadata":{"name":%q,"namespace":%q,"uid":%q,"resourceVersion":"1"},
		"involvedObject":{"kind":"Pod","namespace":%q,"name":%q},"reason":%q,"type":"Warning","message":"x","count":1,"lastTimestamp":%q}}]}`,
		ev.Name, ev.Namespace, ev.Namespace, ev.Name, time.Now().UTC().Format(time.RFC3339Nano),
		ev.Name, ev.Namespace, string(ev.UID), ev.Namespace, ev.InvolvedObject.Name, ev.Reason, time.Now().UTC().Format(time.RFC3339))
}

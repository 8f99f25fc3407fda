package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

type finalError struct{ error }

func (f finalError) Unwrap() error { return f.error }

// Final makes an error that ends Eventually before its time.
func Final(err error) error { return finalError{err} }

// Eventually tries every so often until it works or the time is over. The error
// is that of the last try.
func Eventually(ctx context.Context, every, within time.Duration, what string, try func() error) error {
	late := time.NewTimer(within)
	defer late.Stop()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		err := try()
		var end finalError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &end):
			return fmt.Errorf("%s: %w", what, end.error)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; at last: %w", what, ctx.Err(), err)
		case <-late.C:
			return fmt.Errorf("%s: not within %s: %w", what, within, err)
		case <-tick.C:
		}
	}
}

// Fresh makes a connection for each request: one that was kept may be of a
// process that has been killed since.
var Fresh = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// Get returns what url answers; any status but 200 is an error. client nil is
// Fresh.
func Get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	if client == nil {
		client = Fresh
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", url, resp.Status, Tail(string(body), 200))
	}
	return body, err
}

var handedOut atomic.Int64

// FreeAddress is a loopback address that nobody listens on. It is below the
// ephemeral ports, so that nobody takes it while a program is being restarted.
// When all are taken, who is to listen there says so.
func FreeAddress() (address string) {
	const from, n = 20000, 12000
	for range n {
		address = fmt.Sprintf("127.0.0.1:%d", from+(int64(os.Getpid())*7+handedOut.Add(1))%n)
		if ln, err := net.Listen("tcp", address); err == nil {
			_ = ln.Close()
			return address
		}
	}
	return address
}

package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxAnswer bounds what is read; answers have some 100 bytes.
	maxAnswer = 64 << 10
	// maxRetryAfter keeps a broken header from silencing the bell for days.
	maxRetryAfter = time.Hour
)

var errTooLong = errors.New("answer is longer than 64 KiB")

// readBody reads at most maxAnswer bytes, also after unpacking: we ask for no
// compression, but gateways send it all the same.
func readBody(resp *http.Response) ([]byte, error) {
	body, err := readBounded(resp.Body)
	if err != nil || !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return body, err
	}
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("unpack answer: %w", err)
	}
	return readBounded(zr)
}

func readBounded(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		return body[:maxAnswer], errTooLong
	}
	return body, err
}

// RetryAfter is the longest wait that one of the headers asks for, in seconds
// or, seen from now, as a date (RFC 9110, section 10.2.3); at most an hour, 0
// when none does. Without names it reads Retry-After.
func RetryAfter(h http.Header, now time.Time, names ...string) time.Duration {
	if len(names) == 0 {
		names = []string{"Retry-After"}
	}
	var wait time.Duration
	for _, name := range names {
		value := strings.TrimSpace(h.Get(name))
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 {
			wait = max(wait, time.Duration(min(n, int64(maxRetryAfter/time.Second)))*time.Second)
		} else if at, err := http.ParseTime(value); err == nil {
			wait = max(wait, at.Sub(now))
		}
	}
	return min(wait, maxRetryAfter)
}

// requestSize and responseSize are estimates: the transport writes a few header
// lines of its own.
func requestSize(req *http.Request, body int) int64 {
	line := len("POST  HTTP/1.1\r\n") + len(req.URL.RequestURI())
	own := len("Host: \r\nContent-Length: 12345\r\n") + len(req.URL.Host)
	return int64(line + own + headerSize(req.Header) + len("\r\n") + body)
}

func responseSize(resp *http.Response, body int) int64 {
	line := len("HTTP/1.1 \r\n") + len(resp.Status)
	return int64(line + headerSize(resp.Header) + len("\r\n") + body)
}

func headerSize(h http.Header) int {
	n := 0
	for key, values := range h {
		for _, v := range values {
			n += len(key) + len(": \r\n") + len(v)
		}
	}
	return n
}

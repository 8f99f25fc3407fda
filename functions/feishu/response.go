package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/wire"
)

const (
	maxMsg   = 300
	maxLogID = 64
)

// judge turns a complete answer into nil, which means delivered, or an *Error.
// Delivered is only: a 2xx whose body is a JSON object with code 0, or without
// a code and with StatusCode 0.
func judge(status int, header http.Header, body []byte, now time.Time) *Error {
	e := &Error{HTTPStatus: status, Written: true, RetryAfter: retryAfter(header, now)}
	code, msg, err := ReadCode(body)
	switch {
	case status >= 300 && status < 400:
		e.Class, e.Msg = Retry, "redirected away from the bot (a captive portal?)"
	case err != nil:
		e.Class, e.Msg = classifyStatus(status), err.Error()
		if e.Class == Ambiguous && looksLikeHTML(body) {
			e.Class, e.Msg = Retry, "answer is a web page, not the bot's (a captive portal?)"
		}
	case code == 0 && status >= 200 && status < 300:
		return nil
	case code == 0:
		e.Class, e.Msg = Ambiguous, "code 0 under a failing HTTP status"
	default:
		e.Code, e.Msg = code, msg
		e.applyRule(status)
	}
	return e
}

func (e *Error) applyRule(status int) {
	r, known := classify(e.Code, e.Msg)
	e.Class = r.class
	e.RetryAfter = max(e.RetryAfter, r.after)
	if e.Msg == "" {
		e.Msg = r.mean
	}
	if !known && classifyStatus(status) == Retry {
		e.Class = Retry
	}
}

// ReadCode finds the code and the message of an answer of Feishu's. Keys are matched exactly, which decoding into
// a struct would not do, and code wins over StatusCode: 0 has been seen beside
// a failing code.
func ReadCode(body []byte) (code int, msg string, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return 0, "", errors.New("answer is empty")
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return 0, "", errors.New("answer is not a JSON object")
	}
	raw, ok := fields["code"]
	if !ok {
		raw, ok = fields["StatusCode"]
	}
	if !ok {
		return 0, "", errors.New("answer has no code")
	}
	code, err = strconv.Atoi(string(raw))
	if err != nil {
		return 0, "", errors.New("answer's code is not an integer")
	}
	return code, text(fields, "msg", "StatusMessage"), nil
}

func text(fields map[string]json.RawMessage, keys ...string) string {
	for _, key := range keys {
		var s string
		if json.Unmarshal(fields[key], &s) == nil && s != "" {
			return s
		}
	}
	return ""
}

func looksLikeHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// retryAfter reads both the standard's header and the gateway's own.
func retryAfter(h http.Header, now time.Time) time.Duration {
	return wire.RetryAfter(h, now, "Retry-After", "X-Ogw-Ratelimit-Reset")
}

// Package ntfytest stands in for an ntfy server and is stricter: it refuses
// unknown fields, and messages that the real one would turn into attachments.
// Its codes are those of server/errors.go in https://github.com/binwiederhier/ntfy.
// It listens on loopback only.
//
// Begin with NewServer.
package ntfytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// The server's bounds, in bytes.
const (
	maxMessage = 4096
	maxJSON    = 2 * maxMessage
)

// Topic is where messages are taken.
const Topic = "s3cr3t-topic-of-the-bell"

// Server has one topic.
type Server struct {
	*webhooktest.Server
	// Token is what the topic asks for; empty is none.
	Token string
	// Limited keeps the visitor's bucket: 60 requests, one more every 5 s.
	Limited bool

	mu     sync.Mutex
	bucket webhooktest.Bucket
	ids    int
}

// NewServer starts a server.
func NewServer(token string) *Server {
	s := &Server{Token: token, bucket: webhooktest.Bucket{Burst: 60, Every: 5 * time.Second}}
	s.Server = webhooktest.NewServer(s.Judge)
	return s
}

// Address is the topic's.
func (s *Server) Address() string { return s.URL() + "/" + Topic }

// Error is an answer with one of the server's codes.
func Error(code int, text string) webhooktest.Reply {
	raw, err := json.Marshal(map[string]any{"code": code, "http": code / 100, "error": text, "link": "https://ntfy.sh/docs/publish/"})
	if err != nil {
		panic(err)
	}
	return webhooktest.Reply{Status: code / 100, Body: string(raw) + "\n", Header: map[string]string{"Content-Type": "application/json"}}
}

// Judge is the server's answer.
func (s *Server) Judge(req webhooktest.Request) webhooktest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Limited {
		if _, ok := s.bucket.Take(req.At); !ok { // without Retry-After
			return Error(42901, "limit reached: too many requests")
		}
	}
	switch {
	case req.Method != http.MethodPost && req.Method != http.MethodPut, req.URL.RequestURI() != "/":
		return Error(40401, "page not found")
	case s.Token != "" && req.Header.Get("Authorization") == "":
		return Error(40301, "forbidden")
	case s.Token != "" && req.Header.Get("Authorization") != "Bearer "+s.Token:
		return Error(40101, "unauthorized")
	case len(req.Raw) > maxJSON:
		return Error(41303, "JSON body too large")
	}
	m, err := webhooktest.DecodeStrict(req.Raw)
	if err == nil {
		err = check(m)
	}
	if err != nil {
		return Error(40017, "invalid request: request body must be message JSON: "+err.Error())
	}
	if m["topic"] != Topic {
		return Error(40301, "forbidden")
	}
	s.ids++
	m["id"], m["event"], m["time"] = fmt.Sprintf("sPs71M8A%04d", s.ids), "message", req.At.Unix()
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return webhooktest.Reply{Status: http.StatusOK, Body: string(raw) + "\n", Header: map[string]string{"Content-Type": "application/json"}}
}

var topicPattern = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

func check(m map[string]any) error {
	for key, value := range m {
		if err := checkField(key, value); err != nil {
			return fmt.Errorf("%s %w", key, err)
		}
	}
	for _, key := range []string{"topic", "message", "priority"} {
		if _, ok := m[key]; !ok {
			return errors.New(key + " is missing")
		}
	}
	return nil
}

func checkField(key string, value any) error {
	s, isText := value.(string)
	switch key {
	case "topic":
		return want(isText && topicPattern.MatchString(s), value)
	case "message":
		return want(isText && s != "" && len(s) <= maxMessage && clean(s), len(s))
	case "title":
		return want(isText && s != "" && len(s) <= 256 && clean(s) && !strings.Contains(s, "\n"), value)
	case "priority":
		n, ok := value.(json.Number)
		return want(ok && len(n) == 1 && n >= "1" && n <= "5", value)
	case "tags":
		tags, ok := value.([]any)
		for _, tag := range tags {
			name, isName := tag.(string)
			ok = ok && isName && name != "" && !strings.ContainsAny(name, ", ")
		}
		return want(ok && len(tags) > 0, value)
	case "click":
		u, err := url.Parse(s)
		return want(isText && err == nil && u.Scheme == "https" && u.Host != "", value)
	}
	return errors.New("is unknown")
}

func want(ok bool, got any) error {
	if !ok {
		return fmt.Errorf("is %v", got)
	}
	return nil
}

// clean: no character that a reader does not see and a device obeys.
func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsAny(s, "\x1b\r\x00\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
}

package webhooktest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/webhook"
)

// maxSkew is how far a signed timestamp may be off.
const maxSkew = 5 * time.Minute

// ReceiverOptions are what a receiver asks for.
type ReceiverOptions struct {
	Path, Token, Secret string
	MaxBytes            int
	// Own takes any JSON object, as a receiver of templates does.
	Own bool
	TLS bool
}

// Receiver takes functions/webhook's messages and refuses all that its
// documentation does not promise.
type Receiver struct {
	*Server
	opts ReceiverOptions
}

// NewReceiver starts a receiver.
func NewReceiver(opts ReceiverOptions) *Receiver {
	r := &Receiver{opts: opts}
	start := NewServer
	if opts.TLS {
		start = NewTLSServer
	}
	r.Server = start(r.Judge)
	return r
}

// Address is what CHANNEL_URL must be.
func (r *Receiver) Address() string { return r.URL() + r.opts.Path }

// Judge is the receiver's answer.
func (r *Receiver) Judge(req Request) Reply {
	refuse := func(status int, format string, args ...any) Reply {
		return Reply{Status: status, Body: fmt.Sprintf(format, args...)}
	}
	switch {
	case req.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "want POST")
	case req.URL.RequestURI() != r.opts.Path && r.opts.Path != "":
		return refuse(http.StatusNotFound, "no such address %s", req.URL.Path)
	case r.opts.Token != "" && req.Header.Get("Authorization") != "Bearer "+r.opts.Token:
		return refuse(http.StatusUnauthorized, "wrong token")
	case !signed(req, r.opts.Secret):
		return refuse(http.StatusForbidden, "wrong signature")
	case req.Header.Get("Content-Type") != "application/json; charset=utf-8":
		return refuse(http.StatusUnsupportedMediaType, "want JSON")
	case r.opts.MaxBytes > 0 && len(req.Raw) > r.opts.MaxBytes:
		return refuse(http.StatusRequestEntityTooLarge, "%d bytes", len(req.Raw))
	}
	if _, err := DecodeStrict(req.Raw); err != nil {
		return refuse(http.StatusBadRequest, "not JSON: %v", err)
	}
	if err := checkMessage(req.Raw); err != nil && !r.opts.Own {
		return refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	return Reply{Status: http.StatusNoContent}
}

func signed(req Request, secret string) bool {
	timestamp, signature := req.Header.Get(webhook.TimestampHeader), req.Header.Get(webhook.SignatureHeader)
	if secret == "" {
		return timestamp == "" && signature == ""
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || req.At.Sub(time.Unix(seconds, 0)).Abs() > maxSkew {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", timestamp, req.Raw)
	return hmac.Equal([]byte(signature), []byte("v1="+hex.EncodeToString(mac.Sum(nil))))
}

// Decode reads a message without a template and knows no other fields.
func Decode(raw []byte) (webhook.Message, error) {
	var m webhook.Message
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return m, dec.Decode(&m)
}

var (
	topics     = []string{"story", "digest", "notice", "heartbeat", "test"}
	severities = []string{"critical", "warning", "info", "ok"}
	states     = []string{"firing", "recovered", "quiet"}
)

func checkMessage(raw []byte) error {
	m, err := Decode(raw)
	switch {
	case err != nil:
		return err
	case m.Version != 1:
		return fmt.Errorf("version %d", m.Version)
	case !slices.Contains(topics, m.Topic):
		return fmt.Errorf("topic %q", m.Topic)
	case !slices.Contains(severities, m.Severity):
		return fmt.Errorf("severity %q", m.Severity)
	case m.ID == "" || m.Title == "":
		return fmt.Errorf("id %q, title %q", m.ID, m.Title)
	case m.Topic == "story" && len(m.Stories) == 0 && m.Text == "":
		return fmt.Errorf("a story that says nothing")
	}
	for i, s := range m.Stories {
		if s.ID == "" || !slices.Contains(states, s.State) || !slices.Contains(severities, s.Severity) {
			return fmt.Errorf("story %d: id %q, state %q, severity %q", i, s.ID, s.State, s.Severity)
		}
	}
	return hiddenRunes(raw)
}

// hiddenRunes refuses what a reader does not see and a terminal obeys.
func hiddenRunes(raw []byte) error {
	if i := strings.IndexAny(string(raw), "\x1b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b"); i >= 0 {
		return fmt.Errorf("a control or direction character at byte %d", i)
	}
	return nil
}

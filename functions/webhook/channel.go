package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// The headers of a signed request; see Sign.
const (
	TimestampHeader = "X-Edgebell-Timestamp"
	SignatureHeader = "X-Edgebell-Signature"
)

type channel struct {
	*Poster
	cfg   Config
	cards *card.Renderer
}

// New makes the Channel of one webhook. The config must be valid.
func New(cfg Config, cards card.Config, o Options) (notify.Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	cfg = cfg.trimmed()
	forms := []card.Form{data(o.Cluster, cfg.MaxBytes), text(o.Cluster)}
	if strings.TrimSpace(cfg.Template) != "" {
		own, err := card.ParseForm(cfg.Template)
		if err != nil {
			return nil, err
		}
		forms = []card.Form{own}
	}
	r, err := o.Cards(cards, cfg.MaxBytes, "", forms...)
	if err != nil {
		return nil, err
	}
	return &channel{NewPoster(o, append(SecretsOf(cfg.URL), cfg.Token, cfg.Secret)...), cfg, r}, nil
}

func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	return notify.RenderCards(c.cards, level, o)
}

// Send counts every 2xx as delivered; see ByStatus for the rest.
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	answer, receipt, broken := c.Post(ctx, wire.Request{URL: c.cfg.URL, Header: c.header(p.Payload), Body: p.Payload})
	switch {
	case broken != nil:
		return receipt, broken
	case answer.Status >= 200 && answer.Status < 300:
		return receipt, nil
	}
	return receipt, c.FailByStatus(answer)
}

func (c *channel) header(body []byte) http.Header {
	h := http.Header{}
	if c.cfg.Token != "" {
		h.Set("Authorization", "Bearer "+c.cfg.Token)
	}
	if c.cfg.Secret != "" {
		timestamp, signature := Sign(c.Now(), c.cfg.Secret, body)
		h.Set(TimestampHeader, timestamp)
		h.Set(SignatureHeader, signature)
	}
	return h
}

// Sign makes the two headers of a signed request: Unix seconds, and "v1=" with
// the hex HMAC-SHA256 of timestamp, a full stop, and the body as it was sent. A
// receiver computes it anew, compares in constant time, and refuses a timestamp
// that is minutes off.
func Sign(at time.Time, secret string, body []byte) (timestamp, signature string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return timestamp, "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// SecretsOf are the parts of an address that may be secrets: path and query.
func SecretsOf(raw string) []string {
	_, rest, _ := strings.Cut(raw, "://")
	_, rest, _ = strings.Cut(rest, "/")
	path, query, _ := strings.Cut(rest, "?")
	out := []string{path}
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' }) {
		if len(part) > 12 { // shorter ones are words such as services
			out = append(out, part)
		}
	}
	for _, part := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' }) {
		_, value, _ := strings.Cut(part, "=")
		out = append(out, value)
	}
	return out
}

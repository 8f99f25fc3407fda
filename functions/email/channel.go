package email

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// channel tells by e-mail. It does not limit the rate and does not retry. Each
// message has a connection of its own, whose TLS session is resumed.
type channel struct {
	cfg    Config
	server server
	cards  *card.Renderer
	tls    *tls.Config
	redact func(string) string
	clock  func() time.Time
	log    *slog.Logger

	refused atomic.Int32 // recipients of the last letter
}

// New makes the Channel. It does no I/O.
func New(cfg Config, cards card.Config, o webhook.Options) (notify.Channel, error) {
	if err := cfg.Validate(""); err != nil {
		return nil, err
	}
	s, err := cfg.server()
	if err != nil {
		return nil, err
	}
	r, err := o.Cards(cards, maxLetter, "", Forms()...)
	if err != nil {
		return nil, err
	}
	c := &channel{cfg: cfg, server: s, cards: r, tls: wire.TLSConfig(o.Roots, o.TLSTime), clock: o.Clock, log: o.Logger()}
	c.tls.ServerName = s.host
	if c.clock == nil {
		c.clock = time.Now
	}
	c.redact = wire.Redactor(cfg.Password, base64.StdEncoding.EncodeToString([]byte(cfg.Password)),
		base64.StdEncoding.EncodeToString([]byte("\x00"+cfg.Username+"\x00"+cfg.Password)))
	return c, nil
}

// maxLetter bounds a letter in bytes before it is encoded. No server minds more;
// the link does.
const maxLetter = 16 << 10

// Render makes the letters that tell o. The ids are made of what stays the same
// when a letter is sent again because its answer was lost, so that a mailbox
// that has it already drops it.
func (c *channel) Render(level int, o notify.Outgoing) ([]notify.Part, error) {
	parts, err := notify.RenderCards(c.cards, level, o)
	if err != nil {
		return nil, err
	}
	for i := range parts {
		var l letter
		if err := json.Unmarshal(parts[i].Payload, &l); err != nil {
			return nil, fmt.Errorf("read letter: %w", err)
		}
		l.address(o, parts[i].Groups)
		if parts[i].Payload, err = json.Marshal(l); err != nil {
			return nil, fmt.Errorf("encode letter: %w", err)
		}
	}
	return parts, nil
}

// address puts the date and the ids on the letter that tells groups of o.
func (l *letter) address(o notify.Outgoing, groups []int) {
	l.Date = o.SentAt.Format(time.RFC1123Z)
	switch {
	case o.Test:
		l.ID += "." + strconv.FormatInt(o.SentAt.UnixNano(), 36)
	case len(o.Groups) == 0: // the same may be said another day
		l.ID += "." + o.SentAt.Format("20060102")
	default:
		l.ID += "." + lives(o.Groups, groups)
	}
	if len(o.Groups) > 0 && !o.Digest {
		l.Thread = hex.EncodeToString(o.Groups[0].Fingerprint[:8])
	}
}

// lives tells stories apart that have the same short id and began at another
// time: a mailbox would drop the second one.
func lives(groups []alert.Group, indices []int) string {
	h := sha256.New()
	for _, i := range indices {
		if i < len(groups) {
			h.Write(strconv.AppendInt(nil, groups[i].First.UnixNano(), 36))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// Send delivers one letter to every recipient that the server takes. One that
// it refuses while it takes another is a line in the log, said once: the others
// must not wait for it.
func (c *channel) Send(ctx context.Context, p notify.Part) (notify.Receipt, error) {
	var l letter
	if err := json.Unmarshal(p.Payload, &l); err != nil {
		return notify.Receipt{}, &notify.SendError{Outcome: notify.MessageRefused, Err: fmt.Errorf("read letter: %w", err)}
	}
	begin, meter := c.clock(), new(wire.Meter)
	receipt := func() notify.Receipt {
		out, in := meter.Read()
		return notify.Receipt{BytesOut: out, BytesIn: in, Took: c.clock().Sub(begin)}
	}
	conn, err := wire.Dial(ctx, "tcp", c.server.address(), meter)
	if err != nil {
		return receipt(), failed(atDial, err, c.redact)
	}
	s := &session{conn: conn, tls: c.tls, server: c.server}
	refused, err := s.send(ctx, c.cfg, message(l, c.cfg.From, c.cfg.recipients()))
	if err != nil {
		return receipt(), failed(s.stage, err, c.redact)
	}
	if n := int32(len(refused)); c.refused.Swap(n) != n {
		c.log.WarnContext(ctx, "recipients refused by the mail server", "refused", n, "of", len(c.cfg.recipients()), "error", c.redact(fmt.Sprint(errors.Join(refused...))))
	}
	return receipt(), nil
}

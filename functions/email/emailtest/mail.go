package emailtest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// Mail is one message that was taken.
type Mail struct {
	From   string // of the envelope
	To     []string
	Header mail.Header
	// Subject and Text are decoded.
	Subject, Text string
	Raw           []byte
}

// once are the headers that a message must have exactly once.
var once = []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding"}

func (c *session) data() error {
	if len(c.to) == 0 {
		return c.write("503 5.5.1 no recipients")
	}
	if f, ok := c.fault(AtData); ok {
		if f.Reply == "" {
			return errOver
		}
		return c.write(f.Reply)
	}
	if err := c.write("354 go ahead"); err != nil {
		return err
	}
	raw, err := c.body()
	if err != nil {
		return err
	}
	from, to := c.from, c.to
	c.from, c.to = "", nil
	f, struck := c.fault(AtEnd)
	if struck && !f.Take {
		return c.strike(f)
	}
	if len(raw) > c.opts.MaxSize {
		return c.write("552 5.3.4 message too big")
	}
	m, err := Parse(raw)
	if err != nil {
		return c.write("554 5.6.0 not a message: " + strings.ReplaceAll(err.Error(), "\n", " "))
	}
	m.From, m.To = from, to
	c.mu.Lock()
	c.mails = append(c.mails, m)
	c.mu.Unlock()
	if struck {
		return c.strike(f)
	}
	return c.write("250 2.0.0 queued")
}

func (c *session) strike(f Fault) error {
	switch {
	case f.Hang:
		return c.hang()
	case f.Reply == "":
		return errOver
	}
	return c.write(f.Reply)
}

// body reads up to the lone dot and takes the stuffing out.
func (c *session) body() ([]byte, error) {
	var b bytes.Buffer
	for {
		line, err := c.r.ReadString('\n')
		switch {
		case err != nil:
			return nil, err
		case line == ".\r\n":
			return b.Bytes(), nil
		case b.Len() > 8<<20:
			return nil, errOver
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

// Parse reads a message strictly.
func Parse(raw []byte) (Mail, error) {
	for _, line := range strings.SplitAfter(string(raw), "\n") {
		switch {
		case line == "":
		case !strings.HasSuffix(line, "\r\n") || strings.Count(line, "\r") != 1:
			return Mail{}, fmt.Errorf("line %q does not end with CRLF", line)
		case len(line) > 1000:
			return Mail{}, fmt.Errorf("line of %d bytes", len(line))
		}
	}
	for _, b := range raw {
		if b >= 0x80 || b < ' ' && b != '\r' && b != '\n' && b != '\t' {
			return Mail{}, fmt.Errorf("byte %#x is not plain ASCII", b)
		}
	}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, err
	}
	m := Mail{Header: msg.Header, Raw: raw}
	for _, name := range once {
		if n := len(msg.Header[name]); n != 1 {
			return m, fmt.Errorf("header %s stands %d times", name, n)
		}
	}
	if err := m.headers(); err != nil {
		return m, err
	}
	m.Text, err = text(msg)
	return m, err
}

func (m *Mail) headers() error {
	var errs []error
	for _, name := range []string{"From", "To"} {
		_, err := m.Header.AddressList(name)
		errs = append(errs, err)
	}
	_, err := m.Header.Date()
	errs = append(errs, err)
	id := m.Header.Get("Message-Id")
	if len(id) < 5 || id[0] != '<' || id[len(id)-1] != '>' || strings.Count(id, "@") != 1 || strings.ContainsAny(id, " \t,") {
		errs = append(errs, fmt.Errorf("message id %q", id))
	}
	m.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	return errors.Join(append(errs, err)...)
}

func text(msg *mail.Message) (string, error) {
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" || params["charset"] != "utf-8" {
		return "", fmt.Errorf("content type %q: %w", msg.Header.Get("Content-Type"), err)
	}
	var r io.Reader
	switch encoding := msg.Header.Get("Content-Transfer-Encoding"); encoding {
	case "quoted-printable":
		r = quotedprintable.NewReader(msg.Body)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, msg.Body)
	default:
		return "", fmt.Errorf("encoding %q", encoding)
	}
	raw, err := io.ReadAll(r)
	if err == nil && !utf8.Valid(raw) {
		err = errors.New("text is not UTF-8")
	}
	return strings.ReplaceAll(string(raw), "\r\n", "\n"), err
}

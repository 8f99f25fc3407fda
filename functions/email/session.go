package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"time"
)

const (
	commandTimeout = 30 * time.Second
	// endTimeout is for the reply to a whole message, before which a server may
	// look for spam. RFC 5321 (4.5.3.2.6) would have us wait ten minutes; then a
	// dead link would hold up the next message for as long.
	endTimeout = 2 * time.Minute
)

// session is one message on its way over one connection.
type session struct {
	conn   net.Conn // the one below TLS
	client *smtp.Client
	stage  stage
	tls    *tls.Config
	server server
}

// send speaks SMTP up to the reply to the message. It returns the recipients
// that were refused while others were taken.
func (s *session) send(ctx context.Context, c Config, body []byte) (refused []error, err error) {
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	defer func() { _ = s.conn.Close() }()
	if err := s.greet(ctx); err != nil {
		return nil, err
	}
	if err := s.authenticate(c); err != nil {
		return nil, err
	}
	if err := s.at(atMail, func() error { return s.client.Mail(c.From) }); err != nil {
		return nil, err
	}
	to := c.recipients()
	for _, rcpt := range to {
		err := s.at(atRcpt, func() error { return s.client.Rcpt(rcpt) })
		if err == nil {
			continue
		}
		if code := codeOf(err); code < 500 { // greylisting, or the line broke
			return nil, err
		}
		refused = append(refused, fmt.Errorf("%s: %w", rcpt, err))
	}
	if len(refused) == len(to) {
		return nil, errors.Join(refused...)
	}
	return refused, s.data(body)
}

// at runs one step within its time.
func (s *session) at(stage stage, step func() error) error {
	s.stage = stage
	timeout := commandTimeout
	if stage == atEnd {
		timeout = endTimeout
	}
	if err := s.conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	return step()
}

// greet connects the protocol and makes sure that nobody listens.
func (s *session) greet(ctx context.Context) error {
	return s.at(atGreeting, func() (err error) {
		conn := s.conn
		if s.server.implicit {
			s.stage = atTLS
			secure := tls.Client(conn, s.tls)
			if err := secure.HandshakeContext(ctx); err != nil {
				return err
			}
			conn, s.stage = secure, atGreeting
		}
		if s.client, err = smtp.NewClient(conn, s.server.host); err != nil {
			return err
		}
		if err := s.client.Hello(literal(s.conn.LocalAddr())); err != nil {
			return err
		}
		if s.server.implicit {
			return nil
		}
		s.stage = atTLS
		if ok, _ := s.client.Extension("STARTTLS"); ok {
			return s.client.StartTLS(s.tls)
		}
		if s.server.loopback {
			return nil
		}
		return errNoTLS
	})
}

var (
	errNoTLS  = errors.New("the server offers no STARTTLS, and nothing is sent in the clear")
	errNoAuth = errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN")
)

// literal names this machine for EHLO by its address (RFC 5321, 4.1.3): a Pi
// has no name that a mail server could look up.
func literal(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case tcp.IP.To4() != nil:
		return "[" + tcp.IP.String() + "]"
	}
	return "[IPv6:" + tcp.IP.String() + "]"
}

func (s *session) authenticate(c Config) error {
	if c.Username == "" {
		return nil
	}
	_, offered := s.client.Extension("AUTH")
	mechanisms := " " + strings.ToUpper(offered) + " "
	var auth smtp.Auth
	switch {
	case strings.Contains(mechanisms, " PLAIN "):
		auth = smtp.PlainAuth("", c.Username, c.Password, s.server.host)
	case strings.Contains(mechanisms, " LOGIN "):
		auth = loginAuth{c.Username, c.Password}
	}
	return s.at(atAuth, func() error {
		if auth == nil {
			return errNoAuth
		}
		return s.client.Auth(auth)
	})
}

// loginAuth is AUTH LOGIN, which net/smtp lacks and some servers offer alone.
// Greet has made sure that the line is secure.
type loginAuth struct{ username, password string }

func (a loginAuth) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

func (a loginAuth) Next(prompt []byte, more bool) ([]byte, error) {
	switch question := strings.ToLower(string(prompt)); {
	case !more:
		return nil, nil
	case strings.HasPrefix(question, "user"):
		return []byte(a.username), nil
	case strings.HasPrefix(question, "pass"):
		return []byte(a.password), nil
	}
	return nil, errors.New("the server asks AUTH LOGIN what nobody knows")
}

// data sends the message. Until its end is written the server has nothing.
func (s *session) data(body []byte) error {
	return s.at(atData, func() error {
		w, err := s.client.Data()
		if err != nil {
			return err
		}
		if _, err := w.Write(body); err != nil {
			return err
		}
		if err := s.at(atEnd, w.Close); err != nil {
			return err
		}
		s.stage = atDone
		_ = s.conn.SetDeadline(time.Now().Add(commandTimeout / 6))
		_ = s.client.Quit() // the message is theirs already
		return nil
	})
}

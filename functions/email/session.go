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
//
// One that the server does not take now (a full mailbox, a domain that has no
// answer, more at once than it takes: 452, RFC 5321, 4.5.3.1.10) is asked for
// again behind those whom it has taken, and then counts as refused: it may be
// months before its mailbox is emptied, and the others must not wait for it.
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
	to := c.recipients()
	for told := false; len(to) > 0; told = true {
		a, err := s.transaction(c.From, to, body)
		switch {
		case err != nil && !told:
			return nil, err
		case err != nil: // those before have it
			return append(refused, a.left(err)...), nil
		}
		refused, to = append(refused, a.refused...), a.deferred
	}
	s.quit()
	return refused, nil
}

// answers are what a server says to the recipients of one transaction: those
// that it takes, those that it refuses, and those that it does not take now.
type answers struct {
	taken, deferred []string
	refused, why    []error // why is of deferred
}

// left are the reasons why a transaction that broke with err reached nobody.
func (a answers) left(err error) []error {
	out := append(a.refused, a.why...)
	for _, rcpt := range a.taken {
		out = append(out, fmt.Errorf("%s: %w", rcpt, err))
	}
	return out
}

// transaction names the sender and the recipients, and gives the message to
// those that are taken. It is an error when there are none.
func (s *session) transaction(from string, to []string, body []byte) (a answers, err error) {
	if err := s.at(atMail, func() error { return s.client.Mail(from) }); err != nil {
		return answers{taken: to}, err
	}
	for i, rcpt := range to {
		err := s.at(atRcpt, func() error { return s.client.Rcpt(rcpt) })
		switch code := codeOf(err); {
		case err == nil:
			a.taken = append(a.taken, rcpt)
		case code == 0 || code == 421: // the line broke, or the server closes it
			a.taken = append(a.taken, to[i:]...)
			return a, err
		case code < 500:
			a.deferred, a.why = append(a.deferred, rcpt), append(a.why, fmt.Errorf("%s: %w", rcpt, err))
		default:
			a.refused = append(a.refused, fmt.Errorf("%s: %w", rcpt, err))
		}
	}
	switch {
	case len(a.taken) > 0:
		return a, s.data(body)
	case len(a.why) > 0: // greylisting, for one
		return a, errors.Join(a.why...)
	}
	return a, errors.Join(a.refused...)
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
		return s.at(atEnd, w.Close)
	})
}

// quit is polite: the message is theirs already.
func (s *session) quit() {
	s.stage = atDone
	_ = s.conn.SetDeadline(time.Now().Add(commandTimeout / 6))
	_ = s.client.Quit()
}

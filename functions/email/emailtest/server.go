package emailtest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"sync"
)

// Options are the server's settings.
type Options struct {
	Username, Password string   // empty: no AUTH is offered
	Auth               string   // offered mechanisms; PLAIN LOGIN
	NoTLS              bool     // offer no STARTTLS
	Implicit           bool     // TLS from the first byte on
	MaxSize            int      // announced by SIZE and kept; 1 MiB
	Refuse             []string // recipients that do not exist (550)
	Defer              []string // recipients whose mailbox is full (452)
	MaxRecipients      int      // in one transaction (452); 0 is without bound
	Host               string   // in the certificate; 127.0.0.1 and localhost always are
}

// The moments of a session at which a Fault strikes: in place of the reply to a
// command, or to the end of a message.
const (
	AtGreeting = "greeting"
	AtEhlo     = "EHLO"
	AtStartTLS = "STARTTLS"
	AtAuth     = "AUTH"
	AtMail     = "MAIL"
	AtRcpt     = "RCPT"
	AtData     = "DATA"
	AtEnd      = "end"
)

// Fault is one thing that goes wrong, once.
type Fault struct {
	At string
	// Reply stands for the server's; empty breaks the connection. Of a message
	// whose end is answered so, nothing is kept.
	Reply string
	// Take keeps the message first: the client cannot know.
	Take bool
	// Hang is silent until the client or the server ends.
	Hang bool
}

// Server is a mail server. Its methods may be called at any time.
type Server struct {
	Addr  string
	Roots *x509.CertPool // that trust its certificate

	opts     Options
	listener net.Listener
	tls      *tls.Config
	closed   chan struct{}
	hanging  chan struct{}

	once    sync.Once
	mu      sync.Mutex
	conns   []net.Conn
	faults  []Fault
	mails   []Mail
	secrets []string // what was sent in the clear
}

// Start listens on loopback.
func Start(o Options) (*Server, error) {
	if o.MaxSize == 0 {
		o.MaxSize = 1 << 20
	}
	if o.Auth == "" {
		o.Auth = "PLAIN LOGIN"
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{Addr: l.Addr().String(), opts: o, listener: l, closed: make(chan struct{}), hanging: make(chan struct{}, 16)}
	if s.tls, s.Roots, err = certificate(o.Host); err != nil {
		return nil, err
	}
	go s.accept()
	return s, nil
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		go s.serve(conn)
	}
}

// Hanging receives one value for each session that hangs.
func (s *Server) Hanging() <-chan struct{} { return s.hanging }

// hang is silent until the server closes.
func (s *Server) hang() error {
	s.hanging <- struct{}{}
	<-s.closed
	return errOver
}

// Close ends the server and its connections; again, it does nothing.
func (s *Server) Close() error {
	s.once.Do(func() { close(s.closed) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	return s.listener.Close()
}

// Script adds faults; each strikes once, at its moment.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// fault takes the next fault for a moment out of the script.
func (s *Server) fault(at string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.At == at {
			s.faults = slices.Delete(s.faults, i, i+1)
			return f, true
		}
	}
	return Fault{}, false
}

// Mails are the messages taken, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// InTheClear are the AUTH and MAIL commands that came without TLS.
func (s *Server) InTheClear() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secrets)
}

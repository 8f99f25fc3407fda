package emailtest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

// session is one connection.
type session struct {
	*Server
	conn   net.Conn
	r      *bufio.Reader
	secure bool

	greeted, known bool // EHLO was said; AUTH succeeded
	from           string
	to             []string
}

var errOver = errors.New("session is over")

func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	c := &session{Server: s, conn: conn, r: bufio.NewReader(conn)}
	if s.opts.Implicit {
		c.upgrade()
	}
	if c.say(AtGreeting, "220 mail.example.org ESMTP stand-in") != nil {
		return
	}
	for {
		line, err := c.line()
		if err != nil || c.command(line) != nil {
			return
		}
	}
}

func (c *session) upgrade() {
	c.conn = tls.Server(c.conn, c.tls)
	c.r, c.secure = bufio.NewReader(c.conn), true
	c.greeted, c.known, c.from, c.to = false, false, "", nil
}

// line reads one command, which must end with CRLF.
func (c *session) line() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(line, "\r\n") || len(line) > 512 {
		_ = c.write("500 5.5.2 line too long, or its end is not CRLF")
		return "", errOver
	}
	return strings.TrimSuffix(line, "\r\n"), nil
}

// say answers, unless a fault strikes.
func (c *session) say(at, reply string) error {
	f, ok := c.fault(at)
	switch {
	case !ok:
		return c.write(reply)
	case f.Hang:
		return c.hang()
	case f.Reply == "":
		return errOver
	}
	return c.write(f.Reply)
}

func (c *session) write(reply string) error {
	_, err := fmt.Fprintf(c.conn, "%s\r\n", strings.ReplaceAll(reply, "\n", "\r\n"))
	return err
}

func (c *session) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	if !c.secure && (verb == AtAuth || verb == AtMail) {
		c.mu.Lock()
		c.secrets = append(c.secrets, line)
		c.mu.Unlock()
	}
	switch verb {
	case AtEhlo:
		return c.ehlo(rest)
	case AtStartTLS:
		return c.startTLS()
	case AtAuth:
		return c.auth(rest)
	case AtMail:
		return c.mail(rest)
	case AtRcpt:
		return c.rcpt(rest)
	case AtData:
		return c.data()
	case "RSET":
		c.from, c.to = "", nil
		return c.write("250 2.0.0 ok")
	case "NOOP":
		return c.write("250 2.0.0 ok")
	case "QUIT":
		_ = c.write("221 2.0.0 bye")
		return errOver
	}
	return c.write("502 5.5.1 command unknown")
}

func (c *session) ehlo(name string) error {
	if !strings.HasPrefix(name, "[") && !strings.Contains(name, ".") {
		return c.write("501 5.5.2 name yourself by a domain or an address literal")
	}
	c.greeted = true
	lines := []string{"mail.example.org", "ENHANCEDSTATUSCODES", fmt.Sprintf("SIZE %d", c.opts.MaxSize)}
	if !c.secure && !c.opts.NoTLS {
		lines = append(lines, "STARTTLS")
	}
	if c.opts.Username != "" && (c.secure || c.opts.NoTLS) {
		lines = append(lines, "AUTH "+c.opts.Auth)
	}
	return c.say(AtEhlo, "250-"+strings.Join(lines[:len(lines)-1], "\n250-")+"\n250 "+lines[len(lines)-1])
}

func (c *session) startTLS() error {
	if c.secure || c.opts.NoTLS {
		return c.write("503 5.5.1 no TLS here")
	}
	if f, ok := c.fault(AtStartTLS); ok {
		if f.Reply == "" {
			return errOver
		}
		return c.write(f.Reply)
	}
	if err := c.write("220 2.0.0 go ahead"); err != nil {
		return err
	}
	if c.r.Buffered() > 0 { // commands before TLS must not count behind it
		return errOver
	}
	c.upgrade()
	return nil
}

func (c *session) auth(rest string) error {
	mechanism, initial, _ := strings.Cut(rest, " ")
	if c.opts.Username == "" || !c.greeted || !slices.Contains(strings.Fields(c.opts.Auth), mechanism) {
		return c.write("504 5.5.4 mechanism not taken")
	}
	var username, password string
	switch mechanism {
	case "PLAIN":
		raw, _ := base64.StdEncoding.DecodeString(initial)
		parts := strings.Split(string(raw), "\x00")
		if len(parts) == 3 {
			username, password = parts[1], parts[2]
		}
	case "LOGIN":
		username, password = c.ask("Username:"), c.ask("Password:")
	}
	if username != c.opts.Username || password != c.opts.Password {
		return c.say(AtAuth, "535 5.7.8 authentication credentials invalid for "+username)
	}
	c.known = true
	return c.say(AtAuth, "235 2.7.0 welcome")
}

func (c *session) ask(question string) string {
	if c.write("334 "+base64.StdEncoding.EncodeToString([]byte(question))) != nil {
		return ""
	}
	line, _ := c.line()
	answer, _ := base64.StdEncoding.DecodeString(line)
	return string(answer)
}

// path is the address between angle brackets.
func path(rest, keyword string) (string, bool) {
	fields := strings.Fields(rest)
	if len(fields) == 0 || !strings.HasPrefix(strings.ToUpper(fields[0]), keyword+":<") || !strings.HasSuffix(fields[0], ">") {
		return "", false
	}
	return fields[0][len(keyword)+2 : len(fields[0])-1], true
}

func (c *session) mail(rest string) error {
	from, ok := path(rest, "FROM")
	switch {
	case !c.greeted || c.from != "":
		return c.write("503 5.5.1 out of order")
	case c.opts.Username != "" && !c.known:
		return c.write("530 5.7.0 authentication required")
	case !ok:
		return c.write("501 5.5.4 syntax")
	}
	c.from = from
	return c.say(AtMail, "250 2.1.0 ok")
}

func (c *session) rcpt(rest string) error {
	to, ok := path(rest, "TO")
	switch {
	case c.from == "":
		return c.write("503 5.5.1 out of order")
	case !ok:
		return c.write("501 5.5.4 syntax")
	case slices.Contains(c.opts.Refuse, to):
		return c.write("550 5.1.1 no such user")
	case slices.Contains(c.opts.Defer, to):
		return c.write("452 4.2.2 mailbox full")
	case c.opts.MaxRecipients > 0 && len(c.to) >= c.opts.MaxRecipients:
		return c.write("452 4.5.3 too many recipients")
	}
	if f, ok := c.fault(AtRcpt); ok {
		if f.Reply == "" {
			return errOver
		}
		return c.write(f.Reply)
	}
	c.to = append(c.to, to)
	return c.write("250 2.1.5 ok")
}

package programs

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

// mailSides are mail servers that take everything up to one command, and answer
// that one with all that they were sent and know.
func mailSides(t *testing.T, known ...string) []farSide {
	t.Helper()
	out := farSides(t)[:3] // refused, no such name, and one that says nothing of SMTP
	for i := range out {
		out[i].base = strings.Replace(strings.Replace(out[i].base, "https://", "smtps://", 1), "http://", "smtp://", 1)
	}
	for _, at := range []string{"greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", ".", "QUIT"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ln.Close() })
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return // the test is over
				}
				go mail(conn, at, known)
			}
		}()
		out = append(out, farSide{"fails at " + at, "smtp://" + ln.Addr().String()})
	}
	return out
}

// mail speaks as much of SMTP as a client needs.
func mail(conn net.Conn, failAt string, known []string) {
	defer func() { _ = conn.Close() }()
	answers := map[string]string{"greeting": "220 mail", "EHLO": "250-mail\r\n250 AUTH PLAIN LOGIN", "AUTH": "235 come in", "DATA": "354 go on", "QUIT": "221 bye"}
	heard := append([]string(nil), known...)
	say := func(verb string) {
		text := answers[verb]
		if text == "" {
			text = "250 good"
		}
		if verb == failAt {
			text = "550-" + strings.Join(heard, " ") + "\r\n550 so " + strings.Join(known, " ")
		}
		_, _ = fmt.Fprintf(conn, "%s\r\n", text)
	}
	say("greeting")
	body := false
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		line := lines.Text()
		if body && line != "." {
			continue
		}
		body = false
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		heard = append(heard, line)
		say(verb)
		body = verb == "DATA" && failAt != "DATA"
	}
}

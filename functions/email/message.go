package email

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
)

// lineLength is what RFC 2045 allows for a line of base64.
const lineLength = 76

// message is the letter for the wire, in ASCII, with CRLF at the end of every
// line. What goes into headers is either ours, a checked address, or encoded.
func message(l letter, from string, to []string) []byte {
	_, domain, _ := strings.Cut(from, "@")
	text, encoding := encodeText(l.Text)
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", "Edgebell <"+from+">")
	header("To", strings.Join(to, ",\r\n "))
	header("Subject", encodeHeader(l.Subject))
	header("Date", l.Date)
	header("Message-ID", messageID(l.ID, domain))
	if l.Thread != "" {
		// No letter has this id. Clients put what refers to the same one into
		// one thread all the same (RFC 5256, THREAD=REFERENCES).
		header("In-Reply-To", messageID(l.Thread, domain))
		header("References", messageID(l.Thread, domain))
	}
	header("Auto-Submitted", "auto-generated") // RFC 3834: no vacation notes
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", encoding)
	b.WriteString("\r\n")
	b.Write(text)
	return b.Bytes()
}

func messageID(left, domain string) string { return "<" + left + ".edgebell@" + domain + ">" }

// encodeHeader makes encoded words (RFC 2047) of what is not plain ASCII, one a
// line. A control character would be encoded, too, and none gets this far.
func encodeHeader(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if strings.Contains(s, "=?") { // would be read as an encoded word
		s = strings.ReplaceAll(s, "=?", "= ?")
	}
	return strings.ReplaceAll(mime.BEncoding.Encode("utf-8", s), "?= =?", "?=\r\n =?")
}

// encodeText takes what needs fewer bytes: quoted-printable for English, base64
// for Chinese.
func encodeText(text string) (encoded []byte, name string) {
	var qp bytes.Buffer
	w := quotedprintable.NewWriter(&qp)
	_, _ = w.Write([]byte(text)) // a Buffer takes everything
	_ = w.Close()
	raw := strings.ReplaceAll(text, "\n", "\r\n")
	if n := base64.StdEncoding.EncodedLen(len(raw)); qp.Len() <= n+n/lineLength*2 {
		return append(qp.Bytes(), "\r\n"...), "quoted-printable"
	}
	var b bytes.Buffer
	for s := base64.StdEncoding.EncodeToString([]byte(raw)); s != ""; {
		n := min(lineLength, len(s))
		b.WriteString(s[:n] + "\r\n")
		s = s[n:]
	}
	return b.Bytes(), "base64"
}

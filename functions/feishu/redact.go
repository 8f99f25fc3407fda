package feishu

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	hidden = "***"
	// minBareToken: a token of a few letters, which no real bot has, would be
	// found in every other word.
	minBareToken = 8
)

var (
	hookToken = regexp.MustCompile(`(?i)(/open-apis/bot/(?:v2/)?hook/)[^\s"'<>?#/\\]+`)
	signature = regexp.MustCompile(`("sign"\s*:\s*")[^"]*`)
	userinfo  = regexp.MustCompile(`(://)[^\s/@"']+@`)
)

// Redact hides webhook tokens, signatures and passwords of URLs (a proxy's, for
// one) wherever they stand in s.
func Redact(s string) string {
	s = hookToken.ReplaceAllString(s, "${1}"+hidden)
	s = signature.ReplaceAllString(s, "${1}"+hidden)
	return userinfo.ReplaceAllString(s, "${1}"+hidden+"@")
}

// redact also hides this client's own token and secret where they stand alone.
func (c *Client) redact(s string) string {
	if len(c.token) >= minBareToken {
		s = strings.ReplaceAll(s, c.token, hidden)
	}
	if c.cfg.Secret != "" {
		s = strings.ReplaceAll(s, c.cfg.Secret, hidden)
	}
	return Redact(s)
}

// clean bounds foreign text and takes the control characters out of it, so that
// it can stand in an error.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Cf) {
			return ' '
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// safeError shows a redacted text and is still what it hides for errors.Is and
// errors.As. It has no Unwrap, and holds functions rather than the cause, so
// that no verb of fmt finds the address.
type safeError struct {
	text string
	is   func(target error) bool
	as   func(target any) bool
}

func (e *safeError) Error() string        { return e.text }
func (e *safeError) Is(target error) bool { return e.is(target) }
func (e *safeError) As(target any) bool   { return e.as(target) }

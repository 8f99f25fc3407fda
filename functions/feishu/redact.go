package feishu

import (
	"regexp"
	"strings"
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

// redact also hides this client's own token and secret where they stand alone,
// escaped for a URL or not.
func (c *Client) redact(s string) string {
	if len(c.token) >= minBareToken {
		s = strings.ReplaceAll(s, c.token, hidden)
	}
	if c.cfg.Secret != "" {
		s = strings.ReplaceAll(s, c.cfg.Secret, hidden)
	}
	return Redact(c.hide(s))
}

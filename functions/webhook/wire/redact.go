package wire

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	hidden  = "***"
	maxText = 300
)

// minBare is the least length of a secret that is looked for where it stands
// alone: one of a few letters, which no real service gives out, would be found
// in every other word.
const minBare = 6

var userinfo = regexp.MustCompile(`(://)[^\s/@"']+@`)

// Redactor hides the given secrets, and passwords of URLs (a proxy's, for one),
// wherever they stand. Empty and very short ones are left out.
func Redactor(secrets ...string) func(string) string {
	var pairs []string
	for _, secret := range secrets {
		for _, form := range []string{secret, url.PathEscape(secret), url.QueryEscape(secret)} {
			if len(secret) >= minBare {
				pairs = append(pairs, form, hidden)
			}
		}
	}
	replace := strings.NewReplacer(pairs...)
	return func(s string) string { return userinfo.ReplaceAllString(replace.Replace(s), "${1}"+hidden+"@") }
}

// Clean bounds foreign text to limit bytes and takes the control characters out
// of it, so that it can stand in an error.
func Clean(s string, limit int) string {
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

// Safe takes the address out of a transport's error, and what redact hides. The
// result shows a text and is still what it hides for errors.Is and errors.As.
func Safe(err error, redact func(string) string) error {
	var outer *url.Error
	cause := err
	if errors.As(err, &outer) {
		cause = outer.Err
	}
	return &safeError{
		text: Clean(redact(cause.Error()), maxText),
		is:   func(target error) bool { return errors.Is(cause, target) },
		as:   func(target any) bool { return errors.As(cause, target) },
	}
}

// safeError has no Unwrap, and holds functions rather than the cause, so that
// no verb of fmt finds the address.
type safeError struct {
	text string
	is   func(target error) bool
	as   func(target any) bool
}

func (e *safeError) Error() string        { return e.text }
func (e *safeError) Is(target error) bool { return e.is(target) }
func (e *safeError) As(target any) bool   { return e.as(target) }

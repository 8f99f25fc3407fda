package alert

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxPattern bounds FILTER_MESSAGE, in bytes: it is matched against every
// Event, and its program stays in memory.
const maxPattern = 1000

// messageFilter is FILTER_MESSAGE; the zero one lets every message through.
type messageFilter struct {
	re  *regexp.Regexp
	not bool
}

// parseMessage reads an RE2 pattern (https://github.com/google/re2/wiki/Syntax)
// that is found anywhere in the message; after a leading ! it must not be. A
// pattern that begins with the character ! is written \!. The pattern sees the
// message as it is kept, cut to MaxMessageBytes.
func parseMessage(s string) (messageFilter, error) {
	pattern, m := s, messageFilter{}
	if s != "" && s[0] == '!' {
		pattern, m.not = s[1:], true
	}
	refuse := func(at int, found, want string) (messageFilter, error) {
		column := utf8.RuneCountInString(s[:len(s)-len(pattern)+at]) + 1
		return messageFilter{}, &SyntaxError{Column: column, Found: found, Want: want}
	}
	switch {
	case s == "":
		return m, nil
	case strings.HasPrefix(s, "！"):
		return refuse(0, `"！"`, `"!"`+wantASCII)
	case pattern == "":
		return refuse(0, theEnd, "the pattern that must not match")
	case m.not && (pattern[0] == ' ' || pattern[0] == '\t'):
		return refuse(0, strconv.Quote(pattern[:1]), "the pattern directly after ! (a blank that is meant is written [ ])")
	case len(pattern) > maxPattern:
		return refuse(maxPattern, strconv.Itoa(len(pattern))+" bytes", "at most "+strconv.Itoa(maxPattern))
	}
	if i := indexInvalid(pattern); i >= 0 {
		return refuse(i, strconv.Quote(pattern[i:i+1]), wantUTF8)
	}
	var err error
	if m.re, err = regexp.Compile(pattern); err != nil {
		return refuse(locate(pattern, err))
	}
	if m.not && m.re.MatchString("") && m.re.MatchString(unlikely) {
		return refuse(0, strconv.Quote(pattern), "a pattern that some messages do not match, for else nothing would be told")
	}
	return m, nil
}

const (
	theEnd = "the end of FILTER_MESSAGE"
	// unlikely is matched by what matches everything, and hardly by else.
	unlikely = "\x01\uE000\n\x01\uE000\n"
)

// indexInvalid is where s is not UTF-8, -1 if it is.
func indexInvalid(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return -1
}

// wants says for an error of the pattern what would be right.
var wants = map[syntax.ErrorCode]string{
	syntax.ErrInvalidCharClass:      `a character class such as [a-z]`,
	syntax.ErrInvalidCharRange:      `a class or range of characters such as \pL or a-z`,
	syntax.ErrInvalidEscape:         `an escape that RE2 has, such as \d, \s, \b or \. (\\ is the backslash itself)`,
	syntax.ErrInvalidNamedCapture:   `a group such as (?P<name>…), each name once`,
	syntax.ErrInvalidPerlOp:         `an operator that RE2 has: it looks neither ahead nor back (a ! before the whole pattern negates it)`,
	syntax.ErrInvalidRepeatOp:       `one repetition operator`,
	syntax.ErrInvalidRepeatSize:     `a repetition of at most {1000}, the lesser count first`,
	syntax.ErrMissingBracket:        `a closing ] as well`,
	syntax.ErrMissingParen:          `a closing ) as well`,
	syntax.ErrMissingRepeatArgument: `something before it to repeat (with \ before it, it is the character itself)`,
	syntax.ErrTrailingBackslash:     `a character after the backslash`,
	syntax.ErrUnexpectedParen:       `an opening ( before it (\) is the character itself)`,
	syntax.ErrNestingDepth:          `fewer groups in groups`,
	syntax.ErrLarge:                 `a pattern of fewer repetitions`,
}

// locate says where a pattern goes wrong, which package regexp keeps to
// itself: the first prefix with the same error ends where the error does.
func locate(pattern string, err error) (at int, found, want string) {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return 0, strconv.Quote(pattern), "an RE2 pattern"
	}
	want = wants[bad.Code]
	switch bad.Code {
	case syntax.ErrMissingParen, syntax.ErrTrailingBackslash:
		return len(pattern), theEnd, want
	case syntax.ErrLarge, syntax.ErrNestingDepth:
		return 0, strconv.Quote(pattern), want
	}
	for n := range len(pattern) {
		if same(pattern[:n+1], bad) {
			if bad.Code == syntax.ErrUnexpectedParen {
				return n, `")"`, want
			}
			return n + 1 - len(bad.Expr), strconv.Quote(bad.Expr), want
		}
	}
	return 0, strconv.Quote(bad.Expr), want
}

// same says whether a pattern has this error. An unexpected parenthesis is
// reported with all that was read.
func same(pattern string, bad *syntax.Error) bool {
	_, err := syntax.Parse(pattern, syntax.Perl)
	var got *syntax.Error
	return errors.As(err, &got) && got.Code == bad.Code &&
		(got.Expr == bad.Expr || bad.Code == syntax.ErrUnexpectedParen)
}

func (m messageFilter) match(message string) bool {
	return m.re == nil || m.re.MatchString(message) != m.not
}

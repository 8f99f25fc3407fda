//go:build shoutrrr

package longtail

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nicholas-fedor/shoutrrr/pkg/util/jsonclient"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// maxTold bounds what an error repeats, in bytes.
const maxTold = 200

var errPanic = errors.New("panic inside shoutrrr")

// safely turns a panic into an error: one message must not end the process, and
// again each time it is told.
func safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	return f()
}

// fail is shoutrrr's error, which may quote the address, in the words of this
// project. It has no cause, for that could be printed.
func (c *channel) fail(err error) *notify.SendError {
	text := err.Error()
	return &notify.SendError{
		Outcome: outcome(err), Offline: strings.Contains(text, "dial tcp"),
		Err: errors.New("send message: " + wire.Clean(c.redact(text), maxTold)),
	}
}

// status is how Go prints an answer's.
var status = regexp.MustCompile(`\b([345]\d\d) [A-Z]`)

// outcome reads an HTTP status where the error has one, which is not so for all
// services; what is left is tried again.
func outcome(err error) notify.Outcome {
	if errors.Is(err, errPanic) {
		return notify.Unknown
	}
	var answer jsonclient.Error
	if errors.As(err, &answer) && answer.StatusCode != 0 {
		return webhook.ByStatus(answer.StatusCode)
	}
	text := err.Error()
	for _, at := range status.FindAllStringSubmatchIndex(text, -1) {
		code, _ := strconv.Atoi(text[at[2]:at[3]]) // three digits
		if name := http.StatusText(code); name != "" && strings.HasPrefix(text[at[3]+1:], name) {
			return webhook.ByStatus(code)
		}
	}
	return notify.Retry
}

// anyURL is an address of whatever service.
var anyURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'` + "`" + `]*`)

// redactor hides addresses, whole, and every part of raw wherever it stands.
func redactor(raw string) func(string) string {
	parts := wire.Redactor(secretsOf(raw)...)
	return func(s string) string { return parts(anyURL.ReplaceAllString(s, "***")) }
}

// secretsOf are the parts of a service's address, and the pieces of these, for
// services put them together anew; the longest first, so that none is hidden in
// part.
func secretsOf(raw string) []string {
	secrets := []string{raw}
	if u, err := url.Parse(raw); err == nil {
		password, _ := u.User.Password()
		login := u.User.Username() + ":" + password
		secrets = append(secrets, u.User.Username(), password, base64.StdEncoding.EncodeToString([]byte(login)),
			u.Host, u.Hostname(), u.Opaque, u.Path, u.RawQuery, u.Fragment)
		secrets = append(secrets, strings.Split(u.Path, "/")...)
		for _, values := range u.Query() {
			secrets = append(secrets, values...)
		}
	}
	for _, s := range slices.Clone(secrets[1:]) {
		secrets = append(secrets, strings.ToLower(s))
		secrets = append(secrets, strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	return slices.Compact(secrets)
}

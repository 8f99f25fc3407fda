package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// CheckURL checks an address that is, or holds, a secret, so that no error
// quotes it. name is the variable's, example what is right. Plain http is taken
// to this machine only, and with inside also to hosts of the cluster or the
// local network.
func CheckURL(name, raw, example string, inside bool) (*url.URL, error) {
	fail := func(format string, args ...any) (*url.URL, error) {
		return nil, fmt.Errorf("%s: %s, want %s", name, fmt.Sprintf(format, args...), example)
	}
	if raw == "" {
		return fail("is required")
	}
	u, err := url.Parse(raw)
	if err != nil { // url.Error quotes the address, so it is not wrapped
		return fail("is not a URL")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fail("must begin with https://")
	case u.Hostname() == "":
		return fail("has no host")
	case u.User != nil:
		return fail("must not hold a user name or a password")
	case strings.Contains(raw, "#"):
		return fail("must not have a fragment")
	case u.Scheme == "http" && !wire.Loopback(u.Hostname()) && !(inside && Inside(u.Hostname())):
		return fail("must be https: its messages and secrets would pass in the clear")
	}
	return u, nil
}

// Inside says that host is in the cluster or the local network: an address that
// is not public, or a name that public DNS does not know.
func Inside(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !strings.Contains(host, ".") {
		return host != ""
	}
	for _, end := range []string{".svc", ".svc.cluster.local", ".local", ".internal", ".lan", ".home.arpa"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

// HostOf is what may be shown of an address; empty where it is none.
func HostOf(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return ""
	}
	return u.Host
}

// CheckPace checks a MAX_PER_MINUTE; 0 is unset.
func CheckPace(name string, perMinute, most int) error {
	if perMinute < 0 || perMinute > most {
		return fmt.Errorf("%s %d: must be between 1 and %d", name, perMinute, most)
	}
	return nil
}

// CheckSecret checks a token or a secret that goes into a header; empty passes.
func CheckSecret(name, value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errors.New(name + ": must be printable ASCII without spaces; was a line break copied with it?")
	}
	return nil
}

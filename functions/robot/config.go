package robot

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook"
)

// MaxPerMinute is what DingTalk and WeCom both grant one robot. The default
// keeps a little below: what left evenly arrives in bunches over a mobile link.
const (
	MaxPerMinute     = 20
	DefaultPerMinute = 18
)

const (
	maxCredential = 256
	credentials   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// Address is where a robot is reached. Its credential stands in the query.
type Address struct{ URL, Host, Credential string }

// ParseAddress reads a robot's address as it was copied, with its path and the
// one parameter behind the question mark. name is the variable's, example what
// is right; no error quotes the address.
func ParseAddress(name, raw, path, parameter, example string) (Address, error) {
	raw = strings.TrimSpace(raw)
	u, err := webhook.CheckURL(name, raw, example, false)
	if err != nil {
		return Address{}, err
	}
	query, err := url.ParseQuery(u.RawQuery)
	credential := query.Get(parameter)
	switch {
	case u.EscapedPath() != path:
		return Address{}, fmt.Errorf("%s: has an unknown path, want %s", name, example)
	case err != nil || len(query) != 1 || len(query[parameter]) != 1:
		return Address{}, fmt.Errorf("%s: must have %s and nothing else behind the question mark, want %s", name, parameter, example)
	case credential == "" || len(credential) > maxCredential || strings.Trim(credential, credentials) != "":
		return Address{}, fmt.Errorf("%s: has no usable %s: letters, digits, - and _ alone", name, parameter)
	}
	return Address{u.String(), u.Host, credential}, nil
}

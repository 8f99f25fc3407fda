package sink

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/edgebell/edgebell/adapters/token"
)

// minHidden is the least length of what is hidden: a shorter value stands in
// every other word, and is no secret.
const minHidden = 6

// hider hides the token, and the values in the query of K_SINK, where a
// receiver's answer or the transport's error hands them back.
func hider(cfg Config) func(string) string {
	secrets := token.Each(cfg.Token)
	if u, err := url.Parse(cfg.URL); err == nil {
		for _, values := range u.Query() {
			secrets = append(secrets, values...)
		}
	}
	var pairs []string
	for _, s := range secrets {
		if len(s) < minHidden {
			continue
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), strings.Trim(strconv.Quote(s), `"`)} {
			pairs = append(pairs, form, "***")
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// hidden is the outage without secrets.
func (c *Client) hidden(o *Outage) *Outage {
	if o != nil {
		o.Err = errors.New(c.hide(o.Err.Error()))
	}
	return o
}

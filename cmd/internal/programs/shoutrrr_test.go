//go:build shoutrrr

package programs

import "net/url"

// With the tag, the programs are built with it, and its kind of channel is there.
// Ntfy is one whose errors repeat what the far side says.
func init() {
	tags = "shoutrrr"
	ntfy := setups["log"]
	ntfy.env = func(base string) []string {
		u, err := url.Parse(base)
		if err != nil {
			panic(err)
		}
		return []string{"CHANNEL=shoutrrr", "CHANNEL_URL=ntfy://edge:" + outToken + "@" + u.Host + "/" + hookToken + "?scheme=" + u.Scheme}
	}
	setups["shoutrrr"] = ntfy
}

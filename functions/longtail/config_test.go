//go:build shoutrrr

package longtail_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/longtail"
)

func TestValidate(t *testing.T) {
	const secret = "s3cr3t"
	for name, tt := range map[string]struct {
		cfg  longtail.Config
		want string
	}{
		"discord":             {longtail.Config{URL: " discord://" + secret + "@1234567890\n"}, ""},
		"matrix, no log-in":   {longtail.Config{URL: "matrix://edge:" + secret + "@unreachable.invalid/?rooms=!abc"}, ""},
		"pushover":            {longtail.Config{URL: "pushover://shoutrrr:" + secret + "@user/"}, ""},
		"webhook":             {longtail.Config{URL: "generic+https://hook.example/" + secret}, ""},
		"inside in clear":     {longtail.Config{URL: "gotify://gotify.tools.svc/A" + secret + "s3cr3t12?disabletls=yes"}, ""},
		"none":                {longtail.Config{}, "CHANNEL_URL: is required, want a service URL"},
		"no URL":              {longtail.Config{URL: "slack://hook:%zz" + secret + "@webhook"}, "CHANNEL_URL: is not a URL"},
		"unknown":             {longtail.Config{URL: secret + "://x"}, "CHANNEL_URL: begins with no service that shoutrrr knows"},
		"a web address":       {longtail.Config{URL: "https://discord.com/api/webhooks/1/" + secret}, "CHANNEL_URL: begins with no service"},
		"incomplete":          {longtail.Config{URL: "ntfy://" + secret + ".example"}, "CHANNEL_URL: is not complete, or has a wrong part, for ntfy"},
		"incomplete matrix":   {longtail.Config{URL: "matrix://host.example/?" + secret + "=1"}, "CHANNEL_URL: is not complete, or has a wrong part, for matrix"},
		"no custom URL":       {longtail.Config{URL: "gotify+https://" + secret + "/x"}, "CHANNEL_URL: is not complete, or has a wrong part, for gotify"},
		"logger":              {longtail.Config{URL: "logger://" + secret}, "CHANNEL_URL: would throw messages away"},
		"mail":                {longtail.Config{URL: "smtp://a:" + secret + "@mail.example/?from=a@b.example&to=c@d.example"}, "CHANNEL_URL: would let a server choose"},
		"outside in clear":    {longtail.Config{URL: "generic+http://hook.example/" + secret}, "CHANNEL_URL: must not turn off TLS"},
		"outside in clear 2":  {longtail.Config{URL: "ntfy://hook.example/" + secret + "?Scheme=HTTP"}, "CHANNEL_URL: must not turn off TLS"},
		"outside in clear 3":  {longtail.Config{URL: "matrix://a:" + secret + "@hook.example/?disableTLS=1"}, "CHANNEL_URL: must not turn off TLS"},
		"no check":            {longtail.Config{URL: "gotify://10.0.0.1/A" + secret + "?insecureskipverify=y"}, "CHANNEL_URL: must not turn off the check of certificates"},
		"pace":                {longtail.Config{URL: "ntfy://ntfy.sh/" + secret, MaxPerMinute: 601}, "CHANNEL_MAX_PER_MINUTE 601: must be between 1 and 600"},
		"little room":         {longtail.Config{URL: "ntfy://ntfy.sh/" + secret, MaxBytes: 999}, "CHANNEL_MAX_BYTES 999: must be between 1000 and 65536"},
		"host is a token too": {longtail.Config{URL: "pushbullet://o.A123456789" + secret + "9012345678901234"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.cfg.Validate("CHANNEL_")
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
			if printed := fmt.Sprintf("%v %v %+v %#v %s", err, tt.cfg, tt.cfg, tt.cfg, tt.cfg.Host()); strings.Contains(strings.ToLower(printed), secret) {
				t.Errorf("the secret is in %s", printed)
			}
		})
	}
	cfg := longtail.Config{URL: "discord://" + secret + "@1"}
	if cfg.PerMinute() != 20 || cfg.Host() != "discord" {
		t.Errorf("pace %d, host %q", cfg.PerMinute(), cfg.Host())
	}
}

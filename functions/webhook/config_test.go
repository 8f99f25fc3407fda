package webhook_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/webhook"
)

func TestValidate(t *testing.T) {
	good := webhook.Config{URL: "https://hooks.example/" + secret}
	for name, tt := range map[string]struct {
		change func(*webhook.Config)
		want   string // empty: valid
	}{
		"good":               {func(*webhook.Config) {}, ""},
		"in the cluster":     {func(c *webhook.Config) { c.URL = "http://n8n.automation.svc:5678/hook" }, ""},
		"a short name":       {func(c *webhook.Config) { c.URL = "http://n8n:5678/hook" }, ""},
		"local network":      {func(c *webhook.Config) { c.URL = "http://192.168.1.7/hook" }, ""},
		"spaces around":      {func(c *webhook.Config) { c.URL = " " + c.URL + "\n"; c.Token = token + "\n" }, ""},
		"none":               {func(c *webhook.Config) { c.URL = "" }, "ROUTE_OPS_URL: is required, want https://host/path"},
		"no scheme":          {func(c *webhook.Config) { c.URL = secret + ".example" }, "ROUTE_OPS_URL: must begin with https://"},
		"another scheme":     {func(c *webhook.Config) { c.URL = "ftp://" + secret }, "ROUTE_OPS_URL: must begin with https://"},
		"in the clear":       {func(c *webhook.Config) { c.URL = "http://hooks.example/" + secret }, "ROUTE_OPS_URL: must be https"},
		"public address":     {func(c *webhook.Config) { c.URL = "http://8.8.8.8/" + secret }, "ROUTE_OPS_URL: must be https"},
		"no host":            {func(c *webhook.Config) { c.URL = "https:///" + secret }, "ROUTE_OPS_URL: has no host"},
		"user":               {func(c *webhook.Config) { c.URL = "https://u:" + secret + "@h/x" }, "ROUTE_OPS_URL: must not hold a user name"},
		"fragment":           {func(c *webhook.Config) { c.URL += "#x" }, "ROUTE_OPS_URL: must not have a fragment"},
		"broken":             {func(c *webhook.Config) { c.URL = "https://h/%zz" + secret }, "ROUTE_OPS_URL: is not a URL"},
		"token of two lines": {func(c *webhook.Config) { c.Token = secret + "\n" + secret }, "ROUTE_OPS_TOKEN: must be printable ASCII"},
		"short secret":       {func(c *webhook.Config) { c.Secret = "shhh" }, "ROUTE_OPS_SECRET: is too short"},
		"too small":          {func(c *webhook.Config) { c.MaxBytes = 2000 }, "ROUTE_OPS_MAX_BYTES 2000: must be between 4096 and 1048576"},
		"small by template":  {func(c *webhook.Config) { c.MaxBytes, c.Template = 2000, `{"a":"{{.Text}}"}` }, ""},
		"bad template":       {func(c *webhook.Config) { c.Template = "{\n\"a\":\"{{.Txt}}\"}" }, "ROUTE_OPS_TEMPLATE line 2: "},
		"pace":               {func(c *webhook.Config) { c.MaxPerMinute = -1 }, "ROUTE_OPS_MAX_PER_MINUTE -1: must be between 1 and 6000"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			tt.change(&cfg)
			err := cfg.Validate("ROUTE_OPS_")
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
			if printed := fmt.Sprintf("%v %v %+v %#v %s", err, cfg, cfg, cfg, cfg.Host()); strings.Contains(printed, secret) && name != "another scheme" {
				t.Errorf("a secret is in %s", printed)
			}
		})
	}
	if good.PerMinute() != 60 || good.Host() != "hooks.example" {
		t.Errorf("pace %d, host %q", good.PerMinute(), good.Host())
	}
}

package programs

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

// The secrets are unmistakable: they stand nowhere else, nor do the eight
// characters with which they begin.
const (
	hookToken   = "5ec2e7a0-aaaa-4bbb-8ccc-feedfacecafe"
	hookSecret  = "Zq7sIgn+hUsh/hUsh=42"
	sinkToken   = "sNk9t0k+HUSH/HUSH=43"
	auditToken  = "aDt8t0k+HUSH/HUSH=44"
	outToken    = "oUt5t0kHUSHhushHUSH45"
	outSecret   = "oUt6s3c+HUSH/HUSH=46"
	password    = "pAs7w0r+HUSH/HUSH=47"
	botToken    = "7318249:kW3hushHUSHhushHUSHhushHUSH48"
	kubeToken   = "kUb3t0kHUSHhushHUSH49"
	sinkQuery   = "qUeRyt0kHUSHhush50"
	tenantToken = "t-tEnAntHUSHhushHUSH51"
)

var hidden = []string{hookToken, hookSecret, sinkToken, auditToken, outToken, outSecret, password, botToken, kubeToken, sinkQuery, tenantToken}

// forms are the ways in which a secret could be written.
func forms(secret string) []string {
	out := []string{
		secret, secret[:8], url.QueryEscape(secret), url.PathEscape(secret),
		strings.ToUpper(url.QueryEscape(secret)), hex.EncodeToString([]byte(secret)),
	}
	// In base64 a secret looks different by where it begins; what its
	// neighbours change is cut off. The user of HTTP Basic is one of them.
	for before := range 3 {
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			s := enc.EncodeToString([]byte(strings.Repeat("x", before) + secret))
			out = append(out, s[(before*8+5)/6:len(s)-2])
		}
	}
	return out
}

// leaks searches a text for every form of every secret.
func leaks(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range hidden {
		for _, form := range forms(secret) {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("%s: holds %q of the secret %s: …%s…", where, form, secret, text[max(0, at-80):min(len(text), at+len(form)+40)])
				return
			}
		}
	}
}

// TestLeaksAreFound makes sure that the search finds what it looks for.
func TestLeaksAreFound(t *testing.T) {
	for _, secret := range hidden {
		for _, text := range []string{
			secret, "x" + secret + "y", secret[:8] + "…", "u=" + url.QueryEscape(secret), url.PathEscape(secret),
			base64.StdEncoding.EncodeToString([]byte("u:" + secret)), base64.StdEncoding.EncodeToString([]byte("edgebell:" + secret)),
			base64.URLEncoding.EncodeToString([]byte("us:" + secret + "!")), hex.EncodeToString([]byte(secret)),
		} {
			found := false
			for _, form := range forms(secret) {
				found = found || strings.Contains(text, form)
			}
			if !found {
				t.Errorf("%q is not found in %q", secret, text)
			}
		}
	}
}

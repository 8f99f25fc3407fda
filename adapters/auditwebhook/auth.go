package auditwebhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// authenticate lets in who brings the token, as bearer or as the password of
// HTTP Basic with any user, or who has shown a good client certificate. Over
// plain HTTP an API server sends no bearer token and no kubeconfig user at all,
// only what stands in the URL: Basic. Hashes are compared, so that neither
// content nor length of the token shows in the time taken.
func (w *Webhook) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	if w.cfg.Token == "" && w.cfg.ClientCAFile == "" {
		return next
	}
	want := sha256.Sum256([]byte(w.cfg.Token))
	return func(c echo.Context) error {
		got := sha256.Sum256([]byte(credential(c.Request())))
		same := subtle.ConstantTimeCompare(got[:], want[:]) == 1
		if (w.cfg.Token != "" && same) || certified(c.Request()) {
			return next(c)
		}
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Basic realm="edgebell"`)
		w.denyLog.Do(func() {
			w.log.Warn("request refused: it brings neither AUDIT_TOKEN nor a good client certificate", "remote", c.Request().RemoteAddr)
		})
		return echo.NewHTTPError(http.StatusUnauthorized,
			"header Authorization: must be Basic with the value of AUDIT_TOKEN as password, or Bearer with it")
	}
}

func credential(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// certified: the TLS handshake has verified a certificate against
// AUDIT_CLIENT_CA_FILE.
func certified(r *http.Request) bool { return r.TLS != nil && len(r.TLS.VerifiedChains) > 0 }

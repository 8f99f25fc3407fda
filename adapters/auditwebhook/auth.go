package auditwebhook

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/edgebell/edgebell/adapters/token"
)

// authenticate lets in who brings the token, as bearer or as the password of
// HTTP Basic with any user, or who has shown a good client certificate. Over
// plain HTTP an API server sends no bearer token and no kubeconfig user at all,
// only what stands in the URL: Basic.
func (w *Webhook) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	if w.cfg.Token == "" && w.cfg.ClientCAFile == "" {
		return next
	}
	good := token.Accept(w.cfg.Token)
	return func(c echo.Context) error {
		if good.Has(credential(c.Request())) || certified(c.Request()) {
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
	scheme, shown, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return shown
}

// certified: the TLS handshake has verified a certificate against
// AUDIT_CLIENT_CA_FILE.
func certified(r *http.Request) bool { return r.TLS != nil && len(r.TLS.VerifiedChains) > 0 }

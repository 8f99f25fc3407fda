package programs

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/k3s/process"
)

// farSide is a service that hands back what it was sent and what it knows, in
// each way in which an answer can.
type farSide struct {
	name string
	base string // scheme, host and port
}

// answers are ways to go wrong with an answer. known are the secrets that the
// far side shares, beside those that come with the request.
func answers(known ...string) map[string]http.HandlerFunc {
	echo := func(r *http.Request) string {
		dump, err := httputil.DumpRequest(r, true)
		if err != nil {
			dump = []byte(err.Error())
		}
		_, basic, _ := r.BasicAuth()
		all := append(known, r.URL.String(), r.Header.Get("Authorization"), basic)
		return strings.Join(all, " ") + " " + url.QueryEscape(strings.Join(all, " ")) + "\n" + string(dump)
	}
	out := map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere"+r.URL.Path+"/"+strings.Join(known, "/")+"?back="+url.QueryEscape(r.URL.String()+r.Header.Get("Authorization")))
			w.WriteHeader(http.StatusTemporaryRedirect)
			_, _ = io.WriteString(w, echo(r))
		},
		"headers": func(w http.ResponseWriter, r *http.Request) {
			for _, name := range []string{"X-Tt-Logid", "Retry-After", "WWW-Authenticate", "Content-Type", "Server", "Date"} {
				w.Header().Set(name, strings.NewReplacer("\r", " ", "\n", " ").Replace(echo(r)))
			}
			w.WriteHeader(http.StatusBadGateway)
		},
		"cut": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, echo(r))
			panic(http.ErrAbortHandler)
		},
		"reset":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no HTTP": func(w http.ResponseWriter, r *http.Request) { noHTTP(w, echo(r)) },
	}
	for _, status := range []int{200, 400, 401, 403, 404, 413, 415, 422, 429, 500, 503} {
		out[fmt.Sprint(status)] = func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, echo(r))
		}
		out[fmt.Sprint(status, " JSON")] = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			says := fmt.Sprintf("%q", echo(r))
			_, _ = fmt.Fprintf(w, `{"code":19024,"msg":%[1]s,"error":%[1]s,"index":0,"ok":false,"error_code":400,"description":%[1]s,"errcode":1,"errmsg":%[1]s,"message":%[1]s}`, says)
		}
	}
	// A Feishu app's token of two hours is a secret that the far side gives.
	refuse := out["400 JSON"]
	out["token"] = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "tenant_access_token") {
			_, _ = fmt.Fprintf(w, `{"code":0,"msg":"ok","expire":7200,"tenant_access_token":%q}`, tenantToken)
			return
		}
		refuse(w, r)
	}
	return out
}

// noHTTP answers with what is no HTTP, and would be quoted in an error.
func noHTTP(w http.ResponseWriter, says string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, strings.ReplaceAll(says, "\n", " ")+"\r\n\r\n")
	_ = conn.Close()
}

// farSides are all of them; they end with the test.
func farSides(t *testing.T, known ...string) []farSide {
	t.Helper()
	out := []farSide{{"refused", "http://" + process.FreeAddress()}, {"no such name", "https://nowhere.invalid"}}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	out = append(out, farSide{"unknown authority", secure.URL})
	for name, answer := range answers(known...) {
		srv := httptest.NewServer(answer)
		t.Cleanup(srv.Close)
		out = append(out, farSide{name, srv.URL})
	}
	return out
}

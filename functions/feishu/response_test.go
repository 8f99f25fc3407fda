package feishu

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/wire"
)

var testNow = time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)

func TestJudgeShapes(t *testing.T) {
	const delivered Class = -1
	for name, tt := range map[string]struct {
		status int
		body   string
		want   Class
	}{
		"success, official":        {200, `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`, delivered},
		"success, StatusCode only": {200, `{"Extra":null,"StatusCode":0,"StatusMessage":"success"}`, delivered},
		"success, code only":       {200, `{"code":0,"msg":"success"}`, delivered},
		"success, with space":      {200, " \n{\"code\": 0}\n", delivered},
		"code wins":                {200, `{"StatusCode":0,"code":9499,"msg":"Bad Request"}`, PermanentMessage},
		"code 0 wins":              {200, `{"StatusCode":19001,"code":0}`, delivered},
		"StatusCode fails":         {200, `{"StatusCode":19001,"StatusMessage":"x"}`, PermanentChannel},
		"empty":                    {200, ``, Ambiguous},
		"blank":                    {200, " \r\n", Ambiguous},
		"empty object":             {200, `{}`, Ambiguous},
		"other JSON":               {200, `{"ok":true}`, Ambiguous},
		"null":                     {200, `null`, Ambiguous},
		"array":                    {200, `[{"code":0}]`, Ambiguous},
		"string":                   {200, `"success"`, Ambiguous},
		"capital Code":             {200, `{"Code":0}`, Ambiguous},
		"code null":                {200, `{"code":null,"StatusCode":0}`, Ambiguous},
		"code a string":            {200, `{"code":"0"}`, Ambiguous},
		"code a fraction":          {200, `{"code":0.5}`, Ambiguous},
		"cut":                      {200, `{"code":0,"ms`, Ambiguous},
		"two objects":              {200, `{"code":0}{"code":19001}`, Ambiguous},
		"log id holds 19001":       {200, `{"code":0,"log_id":"20219001"}`, delivered},
		"web page":                 {200, "<!DOCTYPE html><title>Login</title>", Retry},
		"redirect":                 {302, "", Retry},
		"redirect with code 0":     {302, `{"code":0}`, Retry},
		"code 0 under 502":         {502, `{"code":0}`, Ambiguous},
		"bad request":              {400, `{"code":9499,"msg":"Bad Request","data":{}}`, PermanentMessage},
		"limit as 400":             {400, `{"code":9499,"msg":"too many request"}`, Retry},
		"502 page":                 {502, "<html>Bad Gateway</html>", Retry},
		"503 empty":                {503, "", Retry},
		"429 page":                 {429, "slow down", Retry},
		"408":                      {408, "", Retry},
		"413":                      {413, "<html>", PermanentMessage},
		"404 page":                 {404, "<html>", PermanentChannel},
		"407":                      {407, "", PermanentChannel},
		"403 page":                 {403, "<html>", PermanentChannel},
		"402 page":                 {402, "<html>", PermanentChannel},
		"451 page":                 {451, "<html>", PermanentChannel},
		"403 with a code":          {403, `{"code":19024,"msg":"Key Words Not Found"}`, PermanentMessage},
	} {
		t.Run(name, func(t *testing.T) {
			e := judge(tt.status, http.Header{}, []byte(tt.body), testNow)
			if tt.want == delivered {
				if e != nil {
					t.Fatalf("judge = %v, want delivered", e)
				}
				return
			}
			if e == nil || e.Class != tt.want {
				t.Fatalf("judge = %+v, want class %v", e, tt.want)
			}
			if !e.Written || e.HTTPStatus != tt.status {
				t.Errorf("Written %t, status %d", e.Written, e.HTTPStatus)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for name, tt := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"none":          {http.Header{}, 0},
		"seconds":       {http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		"date":          {http.Header{"Retry-After": {testNow.Add(90 * time.Second).Format(http.TimeFormat)}}, 90 * time.Second},
		"past date":     {http.Header{"Retry-After": {testNow.Add(-time.Hour).Format(http.TimeFormat)}}, 0},
		"gateway":       {http.Header{"X-Ogw-Ratelimit-Reset": {"30"}}, 30 * time.Second},
		"the longer":    {http.Header{"Retry-After": {"7"}, "X-Ogw-Ratelimit-Reset": {"30"}}, 30 * time.Second},
		"absurd":        {http.Header{"Retry-After": {"999999999999"}}, time.Hour},
		"beyond an int": {http.Header{"Retry-After": {"99999999999999999999"}}, 0},
		"negative":      {http.Header{"Retry-After": {"-5"}}, 0},
		"not a number":  {http.Header{"Retry-After": {"soon"}}, 0},
	} {
		if got := retryAfter(tt.header, testNow); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	e := judge(429, http.Header{"X-Ogw-Ratelimit-Reset": {"12"}}, []byte(`{"code":99991400,"msg":"request trigger frequency limit"}`), testNow)
	if e == nil || e.Class != Retry || e.RetryAfter != 12*time.Second {
		t.Errorf("gateway limit: %+v, want retry after 12s", e)
	}
}

// FuzzJudge: whatever comes, nothing but code 0 (or StatusCode 0 without a
// code) in a JSON object under 2xx is a delivery.
func FuzzJudge(f *testing.F) {
	for _, s := range []string{`{"code":0}`, `{"StatusCode":0}`, `{}`, ``, `<html>`, `{"code":19001,"msg":"x"}`, `{"code":0}x`, `{"code":1e0}`, "{\"code\":0,\"code\":5}", `{"CODE":0}`} {
		f.Add(200, []byte(s), "3")
		f.Add(502, []byte(s), "Fri, 01 May 2026 10:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, after string) {
		e := judge(status, http.Header{"Retry-After": {after}}, body, testNow)
		if e != nil {
			if e.RetryAfter < 0 || e.RetryAfter > time.Hour {
				t.Fatalf("RetryAfter %v", e.RetryAfter)
			}
			if strings.ContainsAny(wire.Clean(e.Msg, maxMsg), "\n\r\x1b\x00") || len(wire.Clean(e.Msg, maxMsg)) > maxMsg+len("…") {
				t.Fatalf("message not cleaned: %q", e.Msg)
			}
			return
		}
		var fields map[string]any
		if status < 200 || status > 299 || json.Unmarshal(body, &fields) != nil {
			t.Fatalf("HTTP %d %q counted as delivered", status, body)
		}
		code, ok := fields["code"]
		if !ok {
			code = fields["StatusCode"]
		}
		if n, isNumber := code.(float64); !isNumber || n != 0 {
			t.Fatalf("%q counted as delivered", body)
		}
	})
}

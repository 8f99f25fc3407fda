package feishu

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	testToken  = "0f7c2b1e-aaaa-4bbb-8ccc-1234567890ab"
	testSecret = "s3cr3t-Wt9xq"
	testHook   = "https://open.feishu.cn" + hookPath + testToken
)

func TestValidate(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  Config
		want string // part of the error; empty: valid
	}{
		"good":               {Config{URL: testHook}, ""},
		"lark":               {Config{URL: "https://open.larksuite.com" + hookPath + testToken}, ""},
		"private host":       {Config{URL: "https://feishu.example.com:8443" + hookPath + testToken}, ""},
		"pasted newline":     {Config{URL: testHook + "\n"}, ""},
		"http loopback":      {Config{URL: "http://127.0.0.1:8090" + hookPath + "t"}, ""},
		"http loopback v6":   {Config{URL: "http://[::1]:8090" + hookPath + "t"}, ""},
		"http localhost":     {Config{URL: "http://localhost:8090" + hookPath + "t"}, ""},
		"missing":            {Config{}, "FEISHU_WEBHOOK_URL: is required"},
		"blank":              {Config{URL: " \n"}, "FEISHU_WEBHOOK_URL: is required"},
		"http":               {Config{URL: "http://open.feishu.cn" + hookPath + testToken}, "must be https"},
		"http look-alike":    {Config{URL: "http://localhost.example.com" + hookPath + testToken}, "must be https"},
		"ftp":                {Config{URL: "ftp://open.feishu.cn" + hookPath + testToken}, "must be https"},
		"not a url":          {Config{URL: "https://open.feishu.cn/%zz" + testToken}, "is not a URL"},
		"token alone":        {Config{URL: testToken}, "has no host"},
		"query":              {Config{URL: testHook + "?a=" + testToken}, "must not have a query"},
		"empty query":        {Config{URL: testHook + "?"}, "must not have a query"},
		"fragment":           {Config{URL: testHook + "#" + testToken}, "must not have a fragment"},
		"user":               {Config{URL: "https://u:" + testSecret + "@open.feishu.cn" + hookPath + testToken}, "user name"},
		"version 1":          {Config{URL: "https://open.feishu.cn" + hookPathV1 + testToken}, "version 1 webhook"},
		"other path":         {Config{URL: "https://open.feishu.cn/hook/" + testToken}, "is not a Feishu bot's address"},
		"another service":    {Config{URL: "https://oapi.dingtalk.com/robot/send?access_token=" + testToken}, "for another channel set CHANNEL"},
		"no token":           {Config{URL: "https://open.feishu.cn" + hookPath}, "no usable token"},
		"more path":          {Config{URL: testHook + "/x"}, "no usable token"},
		"escaped token":      {Config{URL: testHook + "%2F"}, "no usable token"},
		"rate too high":      {Config{URL: testHook, MaxPerMinute: 101}, "FEISHU_MAX_PER_MINUTE: 101 is out of range, want 1 to 100"},
		"rate negative":      {Config{URL: testHook, MaxPerMinute: -1}, "FEISHU_MAX_PER_MINUTE: -1"},
		"both named":         {Config{MaxPerMinute: 500}, "FEISHU_MAX_PER_MINUTE"},
		"secret in no error": {Config{URL: testHook + "?", Secret: testSecret}, "FEISHU_WEBHOOK_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.cfg.Validate()
			switch {
			case tt.want == "" && err != nil:
				t.Fatalf("Validate() = %v, want valid", err)
			case tt.want != "" && err == nil:
				t.Fatalf("Validate() = nil, want %q", tt.want)
			case tt.want != "" && !strings.Contains(err.Error(), tt.want):
				t.Errorf("Validate() = %q, want %q in it", err, tt.want)
			}
			if err != nil {
				refuseLeak(t, err.Error())
			}
		})
	}
}

func TestValidateFillsIn(t *testing.T) {
	got := Config{URL: " " + testHook, Secret: testSecret + "\n", Keyword: "\tedge "}
	if err := got.Validate(); err != nil {
		t.Fatal(err)
	}
	type plain Config // without the hiding methods
	want := plain{URL: testHook, Secret: testSecret, Keyword: "edge", MaxPerMinute: 20}
	if diff := cmp.Diff(want, plain(got)); diff != "" {
		t.Errorf("config (-want +got)\n%s", diff)
	}
}

func TestWarnings(t *testing.T) {
	for url, want := range map[string]int{
		testHook: 0,
		"https://open.larksuite.com" + hookPath + testToken:      0,
		"https://feishu.example.com" + hookPath + testToken:      1,
		"https://open.feishu.cn.evil.example" + hookPath + "cut": 2,
		"http://127.0.0.1:8090" + hookPath + "t":                 0,
	} {
		got := Config{URL: url}.Warnings()
		if len(got) != want {
			t.Errorf("%d warnings %q, want %d", len(got), got, want)
		}
		refuseLeak(t, strings.Join(got, "\n"))
	}
}

func TestConfigHidesItself(t *testing.T) {
	cfg := Config{URL: testHook, Secret: testSecret}
	asJSON, err := json.Marshal(struct{ C Config }{cfg})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), fmt.Sprintf("%v", &cfg),
		fmt.Sprintf("%+v", struct{ C Config }{cfg}), cfg.LogValue().String(), string(asJSON),
	} {
		refuseLeak(t, s)
		if !strings.Contains(s, "open.feishu.cn") {
			t.Errorf("%q does not name the host", s)
		}
	}
}

// refuseLeak fails when s holds the test's token or secret.
func refuseLeak(t *testing.T, s string) {
	t.Helper()
	if strings.Contains(s, testToken) || strings.Contains(s, testSecret) {
		t.Errorf("token or secret in %q", s)
	}
}

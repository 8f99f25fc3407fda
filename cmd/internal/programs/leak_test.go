package programs

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/edgebell/edgebell/functions/channel"
)

// tags are those with which the programs are built.
var tags string

// setups are how each kind of channel is set up to send to base, and which of
// its secrets the far side knows without being told them in each request.
var setups = map[string]struct {
	known []string
	env   func(base string) []string
}{
	"feishu": {[]string{hookSecret}, func(base string) []string {
		return []string{"FEISHU_WEBHOOK_URL=" + base + "/open-apis/bot/v2/hook/" + hookToken, "FEISHU_SECRET=" + hookSecret}
	}},
	"webhook": {[]string{outSecret}, func(base string) []string {
		return []string{"CHANNEL=webhook", "CHANNEL_URL=" + base + "/in/" + hookToken + "?key=" + sinkQuery, "CHANNEL_TOKEN=" + outToken, "CHANNEL_SECRET=" + outSecret}
	}},
	"slack": {nil, func(base string) []string {
		return []string{"CHANNEL=slack", "CHANNEL_URL=" + base + "/services/T0/B0/" + hookToken}
	}},
	"ntfy": {nil, func(base string) []string {
		return []string{"CHANNEL=ntfy", "CHANNEL_URL=" + base + "/" + hookToken, "CHANNEL_TOKEN=" + outToken}
	}},
	"telegram": {nil, func(base string) []string {
		return []string{"CHANNEL=telegram", "CHANNEL_URL=" + base, "CHANNEL_TOKEN=" + botToken, "CHANNEL_CHAT_ID=-1001"}
	}},
	"feishu-app": {[]string{outSecret}, func(base string) []string {
		return []string{"CHANNEL=feishu-app", "CHANNEL_URL=" + base, "CHANNEL_APP_ID=cli_1", "CHANNEL_SECRET=" + outSecret, "CHANNEL_CHAT_ID=oc_1"}
	}},
	"dingtalk": {[]string{outSecret}, func(base string) []string {
		return []string{"CHANNEL=dingtalk", "CHANNEL_URL=" + base + "/robot/send?access_token=" + strings.ReplaceAll(hookToken, "-", ""), "CHANNEL_SECRET=" + outSecret}
	}},
	"wecom": {nil, func(base string) []string {
		return []string{"CHANNEL=wecom", "CHANNEL_URL=" + base + "/cgi-bin/webhook/send?key=" + hookToken}
	}},
	"email": {[]string{password}, func(base string) []string {
		return []string{"CHANNEL=email", "CHANNEL_URL=" + strings.Replace(base, "http://", "smtp://", 1), "CHANNEL_USERNAME=edge", "CHANNEL_PASSWORD=" + password, "CHANNEL_FROM=a@b.example", "CHANNEL_TO=c@d.example"}
	}},
	"cloudevents": {nil, func(base string) []string {
		return []string{"CHANNEL=cloudevents", "CHANNEL_URL=" + base + "/in/" + hookToken + "?key=" + sinkQuery, "CHANNEL_TOKEN=" + outToken}
	}},
	"log": {nil, func(string) []string { return []string{"CHANNEL=log"} }},
}

// notifyEnv is an environment in which notify says as much as it can.
func notifyEnv(dir string, more ...string) []string {
	return append([]string{"LOG_LEVEL=debug", "LISTEN_ADDRESS=127.0.0.1:0", "SINK_TOKEN=" + sinkToken, "DATA_DIR=" + dir,
		"DATA_MAX_BYTES=4194304", "GROUP_WAIT=0s", "PAGE=on", "DUMP_EVENTS=true", "GOTRACEBACK=all",
		"HTTPS_PROXY=", "HTTP_PROXY="}, more...)
}

// TestNotifyLeaksNothing tells on every kind of channel to every far side.
func TestNotifyLeaksNothing(t *testing.T) {
	for _, kind := range channel.Kinds() {
		setup, ok := setups[kind]
		if !ok {
			t.Errorf("channel %q: say in setups how it is set up with secrets", kind)
			continue
		}
		t.Run(kind, func(t *testing.T) {
			sides := farSides
			if kind == "email" {
				sides = mailSides
			}
			for _, far := range sides(t, setup.known...) {
				t.Run(far.name, func(t *testing.T) {
					t.Parallel()
					check := start(t, "notify", notifyEnv(t.TempDir(), setup.env(far.base)...), "", "--check")
					code := check.ends()
					out := check.Output()
					leaks(t, "notify --check", out)
					if (code == 2 || out == "") && !strings.Contains(out, "must be https") {
						t.Errorf("notify --check: code %d, it tried nothing", code)
					}
				})
			}
		})
	}
}

// TestServingLeaksNothing looks at all that a serving notify shows, and at what
// it leaves behind when it is made to dump its stacks.
func TestServingLeaksNothing(t *testing.T) {
	for _, kind := range channel.Kinds() {
		setup, ok := setups[kind]
		if !ok {
			continue // TestNotifyLeaksNothing says so
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(answers(setup.known...)["403 JSON"])
			t.Cleanup(srv.Close)
			base := srv.URL
			if kind == "email" {
				sides := mailSides(t, setup.known...)
				base = sides[len(sides)-2].base
			}
			dir := t.TempDir()
			p := start(t, "notify", notifyEnv(dir, setup.env(base)...), "")
			at := p.address(1)
			if status := post(t, at, sinkToken, "told", 3); status != http.StatusNoContent {
				t.Fatalf("event: %d", status)
			}
			pages(t, at, sinkToken)
			if kind != "log" {
				p.says("send", 1)
			}
			leaks(t, "cmdline", p.proc("cmdline"))
			if !strings.Contains(strings.Join(strings.Fields(p.proc("limits")), " "), "Max core file size 0 0") {
				t.Error("it may leave a core file")
			}
			p.signal(syscall.SIGQUIT)
			p.ends()
			out := p.Output()
			if !strings.Contains(out, "goroutine 1 ") {
				t.Error("it left no stacks")
			}
			leaks(t, "output", out)
			folder(t, dir)
		})
	}
}

// pages asks for everything that is served, in right and in wrong ways.
func pages(t *testing.T, at, token string) {
	t.Helper()
	for _, path := range []string{"/", "/healthz", "/readyz", "/status", "/metrics", "/test", "/test?route=" + token, "/debug/pprof/", "/debug/vars", "/nowhere/" + token, "/clusters/pi"} {
		for _, method := range []string{"GET", "POST", "TRACE"} {
			for _, authorization := range []string{"", "Bearer " + token, "Bearer " + token + "x"} {
				status, answer, err := ask(t.Context(), method, "http://"+at+path, authorization, nil, `{"x":`)
				if err != nil {
					t.Fatal(err)
				}
				leaks(t, method+" "+path, answer)
				if strings.HasPrefix(path, "/debug/") && status == http.StatusOK {
					t.Errorf("%s %s is answered", method, path)
				}
			}
		}
	}
	glance(t, at)
}

// glance looks at the pages that say how the program is.
func glance(t *testing.T, at string) {
	t.Helper()
	for _, path := range []string{"/status", "/metrics", "/readyz"} {
		status, answer, err := ask(t.Context(), "GET", "http://"+at+path, "", nil, "")
		if leaks(t, path, answer); err != nil || (status != http.StatusOK && path != "/readyz") {
			t.Errorf("GET %s: %d %v", path, status, err)
		}
	}
}

// folder searches the files that a program has written.
func folder(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*")
	if err != nil || len(files) == 0 {
		t.Errorf("no files in DATA_DIR: %v", err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		leaks(t, filepath.Base(name), string(raw))
	}
}

// TestExplainLeaksNothing reads the whole environment and sends nothing.
func TestExplainLeaksNothing(t *testing.T) {
	p := start(t, "notify", notifyEnv(t.TempDir(), setups["feishu"].env("http://127.0.0.1:1")...), eventJSON("told", 1), "--explain")
	code := p.ends()
	out := p.Output()
	if leaks(t, "notify --explain", out); code != 0 {
		t.Errorf("code %d: %s", code, fmt.Sprintf("%.300s", out))
	}
}

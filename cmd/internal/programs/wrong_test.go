package programs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/channel"
)

// variable finds the variables in struct tags.
var variable = regexp.MustCompile("`env:\"([A-Z_]+)")

// variables are those of all programs, as the sources declare them.
func variables(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"../../../functions/*/*.go", "../../../adapters/*/*.go", "../../*/*.go", "../run/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range variable.FindAllStringSubmatch(string(raw), -1) {
				out = append(out, m[1])
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if _, ofChannels := channel.Variables(); len(out) < 30 || len(ofChannels) < 5 {
		t.Fatalf("only %d variables found: the test looks in the wrong place", len(out))
	}
	return out
}

// TestWrongConfigLeaksNothing sets each variable to what cannot be right while
// secrets are set, and secrets to what cannot be right.
func TestWrongConfigLeaksNothing(t *testing.T) {
	// LOG_LEVEL is wrong too, so that no program goes on.
	base := append(notifyEnv("/nowhere"), "LOG_LEVEL=!", "AUDIT_TOKEN="+auditToken, "K_SINK=http://127.0.0.1:1/?key="+sinkQuery)
	base = append(base, setups["feishu"].env("http://127.0.0.1:1")...)
	var wrong, ofRoutes [][]string
	for _, name := range variables(t) {
		wrong = append(wrong, []string{name + "=!"})
	}
	for _, name := range []string{"FEISHU_WEBHOOK_URL", "FEISHU_SECRET", "SINK_TOKEN", "AUDIT_TOKEN", "K_SINK"} {
		for _, value := range malformed(password) {
			wrong = append(wrong, []string{name + "=" + value})
		}
	}
	_, ofChannels := channel.Variables()
	for _, kind := range channel.Kinds() {
		for _, value := range append(malformed(password), "!") {
			env := []string{"CHANNEL=" + kind}
			for _, name := range ofChannels {
				if looksSecret(name) {
					env = append(env, "CHANNEL_"+name+"="+value)
				}
			}
			ofRoutes = append(ofRoutes, env)
		}
	}
	for program, wrong := range map[string][][]string{"notify": append(ofRoutes, wrong...), "event-source": wrong, "audit-webhook": wrong} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			for _, more := range wrong {
				p := start(t, program, append(base[:len(base):len(base)], more...), "")
				code := p.ends()
				out := p.Output()
				if leaks(t, strings.Join(more, " "), out); code != 2 {
					t.Errorf("%v: code %d, want 2", more, code)
				}
			}
		})
	}
}

// malformed are values that hold a secret and that no variable takes for good.
func malformed(secret string) []string {
	return []string{
		secret + " " + secret, "https://user:" + secret + "@host/x", "ftp://host/" + secret, "https://host/%zz" + secret,
		"https://host/x?key=" + secret + "#" + secret, "//" + secret, secret + "\nx", "http://[::1/" + secret, "https://host:" + secret + "/",
	}
}

// looksSecret says that a channel's variable holds a secret by its name.
func looksSecret(name string) bool {
	return regexp.MustCompile(`URL|TOKEN|SECRET|PASS|KEY$|CREDENTIAL`).MatchString(name)
}

// TestEverySecretMayStandInAFile wants <name>_FILE of each channel's secret to
// be known: the program complains about the file, and not about the variable.
func TestEverySecretMayStandInAFile(t *testing.T) {
	_, ofChannels := channel.Variables()
	names := []string{"FEISHU_WEBHOOK_URL", "FEISHU_SECRET", "SINK_TOKEN"}
	for _, name := range ofChannels {
		if looksSecret(name) && name != "TEMPLATE" {
			names = append(names, "CHANNEL_"+name, "ROUTE_ON_CALL_"+name)
		}
	}
	for _, name := range names {
		found := false
		for _, kind := range channel.Kinds() {
			env := []string{"LOG_LEVEL=!", "CHANNEL=" + kind, "ROUTES=on-call", "ROUTE_ON_CALL_MATCH=type=Warning", "ROUTE_ON_CALL_CHANNEL=" + kind, name + "_FILE=/nowhere/x"}
			p := start(t, "notify", env, "")
			p.ends()
			out := p.Output()
			found = found || strings.Contains(out, "notify: "+name+`_FILE "/nowhere/x": cannot be read: no such file or directory`)
		}
		if !found {
			t.Errorf("%s_FILE is not read for any kind of channel", name)
		}
	}
}

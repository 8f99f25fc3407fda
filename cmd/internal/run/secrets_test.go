package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"
)

type secretConfig struct {
	Token string `env:"SINK_TOKEN"`
	Hook  string `env:"FEISHU_WEBHOOK_URL"`
	Name  string `env:"NAME, default=pi"`
}

func (c *secretConfig) Validate() error {
	if c.Hook == "" {
		return errors.New("FEISHU_WEBHOOK_URL: is required")
	}
	return nil
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	put := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hook := put("hook", "https://hook/hush")
	for _, tc := range []struct {
		name string
		env  map[string]string
		want secretConfig
		err  string
	}{
		{"as it is", map[string]string{"SINK_TOKEN_FILE": put("bare", "hush")}, secretConfig{"hush", "https://hook/hush", "pi"}, ""},
		{"line break at the end", map[string]string{"SINK_TOKEN_FILE": put("unix", "hush\n")}, secretConfig{"hush", "https://hook/hush", "pi"}, ""},
		{"line break of Windows", map[string]string{"SINK_TOKEN_FILE": put("dos", "hush\r\n")}, secretConfig{"hush", "https://hook/hush", "pi"}, ""},
		{"blank within stays", map[string]string{"SINK_TOKEN_FILE": put("blank", " hu sh\n")}, secretConfig{" hu sh", "https://hook/hush", "pi"}, ""},
		{"the largest", map[string]string{"SINK_TOKEN_FILE": put("large", strings.Repeat("x", maxSecret))}, secretConfig{strings.Repeat("x", maxSecret), "https://hook/hush", "pi"}, ""},
		{"empty counts as unset", map[string]string{"SINK_TOKEN": "hush", "SINK_TOKEN_FILE": " "}, secretConfig{"hush", "https://hook/hush", "pi"}, ""},
		{"empty beside a file", map[string]string{"SINK_TOKEN": " ", "SINK_TOKEN_FILE": put("beside", "hush")}, secretConfig{"hush", "https://hook/hush", "pi"}, ""},
		{"not a secret", map[string]string{"NAME_FILE": put("other", "hush")}, secretConfig{"", "https://hook/hush", "pi"}, ""},
		{"both", map[string]string{"SINK_TOKEN": "hush", "SINK_TOKEN_FILE": hook}, secretConfig{}, "SINK_TOKEN and SINK_TOKEN_FILE: only one of them may be set"},
		{"missing", map[string]string{"SINK_TOKEN_FILE": "/nowhere/hook"}, secretConfig{}, `SINK_TOKEN_FILE "/nowhere/hook": cannot be read: no such file or directory`},
		{"empty file", map[string]string{"SINK_TOKEN_FILE": put("empty", "\n")}, secretConfig{}, `SINK_TOKEN_FILE "` + dir + `/empty": is empty; must hold the secret`},
		{"too large", map[string]string{"SINK_TOKEN_FILE": put("huge", strings.Repeat("hush", maxSecret/4)+"\n")}, secretConfig{}, `SINK_TOKEN_FILE "` + dir + `/huge": is larger than 65536 bytes; must be a file that holds the secret alone`},
		{"a folder", map[string]string{"SINK_TOKEN_FILE": dir}, secretConfig{}, `SINK_TOKEN_FILE "` + dir + `": is not a file; must be one that holds the secret`},
		{"endless", map[string]string{"SINK_TOKEN_FILE": "/dev/zero"}, secretConfig{}, `SINK_TOKEN_FILE "/dev/zero": is not a file; must be one that holds the secret`},
		{"what is required is not missed twice", map[string]string{"FEISHU_WEBHOOK_URL_FILE": "/nowhere"}, secretConfig{}, `FEISHU_WEBHOOK_URL_FILE "/nowhere": cannot be read: no such file or directory`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			env := map[string]string{"FEISHU_WEBHOOK_URL_FILE": hook}
			for k, v := range tc.env {
				env[k] = v
			}
			var got secretConfig
			err := configure(t.Context(), &got, newSecrets(envconfig.MapLookuper(env)))
			if tc.err == "" {
				if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
					t.Errorf("%v, (-want +got):\n%s", err, diff)
				}
				return
			}
			if err == nil || err.Error() != tc.err || strings.Contains(err.Error(), "hush") {
				t.Errorf("error is %q, want %q", err, tc.err)
			}
		})
	}
}

func TestIsSecret(t *testing.T) {
	for name, want := range map[string]bool{
		"FEISHU_WEBHOOK_URL": true, "FEISHU_SECRET": true, "SINK_TOKEN": true, "AUDIT_TOKEN": true,
		"CHANNEL_URL": true, "CHANNEL_SECRET": true, "ROUTE_ON_CALL_TOKEN": true, "ROUTE_MAIL_PASSWORD": true,
		// Those that are shown, those that are paths, and those of others.
		"RUNBOOK_URL": false, "DASHBOARD_URL": false, "CLUSTER_NAME": false, "CHANNEL_TEMPLATE": false, "ROUTE_A_CARD_TITLE": false,
		"AUDIT_TLS_KEY": false, "AUDIT_CLIENT_CA": false, "FEISHU_KEYWORD": false, "CHANNEL": false, "K_SINK": false, "MY_TOKEN": false,
	} {
		if got := isSecret(name); got != want {
			t.Errorf("isSecret(%q) is %v", name, got)
		}
	}
}

// TestEnviron: who looks for names that nobody knows sees the variable that is
// meant.
func TestEnviron(t *testing.T) {
	t.Setenv("CHANNEL_TOKEN_FILE", "/run/t")
	t.Setenv("CHANNEL_TEMPLATE_FILE", "/run/t")
	var got []string
	for _, entry := range Environ() {
		if strings.HasPrefix(entry, "CHANNEL_T") {
			got = append(got, entry)
		}
	}
	if diff := cmp.Diff([]string{"CHANNEL_TOKEN=/run/t", "CHANNEL_TEMPLATE_FILE=/run/t"}, got); diff != "" {
		t.Errorf("environ (-want +got):\n%s", diff)
	}
}

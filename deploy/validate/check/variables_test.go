package check

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const repository = "../../.."

// What is derived from the code has to be what the README tells users.
func TestWaysOutAreThoseOfTheReadme(t *testing.T) {
	v, err := Code(repository, "notify")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(repository + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for prefix, got := range map[string][]string{"CHANNEL_": v.ofChannels, "ROUTE_<NAME>_": v.ofRoutes} {
		want := map[string]bool{}
		for _, m := range regexp.MustCompile("`"+prefix+"([A-Z_]+)`").FindAllStringSubmatch(string(raw), -1) {
			want[m[1]] = true
		}
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Compact(got)); diff != "" {
			t.Errorf("%s (-README +code):\n%s", prefix, diff)
		}
	}
}

func TestReads(t *testing.T) {
	const routes = "on-call, payments"
	for program, names := range map[string]map[string]bool{
		"notify": {
			"CHANNEL": true, "CHANNEL_URL": true, "CHANNEL_APP_ID": true, "FEISHU_WEBHOOK_URL": true, "ROUTES": true,
			"ROUTE_ON_CALL_MATCH": true, "ROUTE_PAYMENTS_CHANNEL": true, "ROUTE_PAYMENTS_TO": true, "LOG_LEVEL": true,
			"CHANNEL_TOKEN_FILE": true, "ROUTE_PAYMENTS_URL_FILE": true, "FEISHU_SECRET_FILE": true, "SINK_TOKEN_FILE": true,
			"URL": false, "MATCH": false, "CHANNEL_MATCH": false, "CHANNEL_TOEKN": false, "ROUTE_PAYMENT_URL": false,
			"ROUTE_ON-CALL_URL": false, "ROUTE__URL": false, "ROUTE_PAYMENTS_MATHC": false, "CHANNEL_TO_FILE": false,
			"FEISHU_KEYWORD_FILE": false, "CHANNEL_FILE": false, "AUDIT_TOKEN_FILE": false, "CHANNEL_TOKEN_FILE_FILE": false,
		},
		"event-source":  {"SINK_TOKEN_FILE": true, "CHANNEL_URL": false, "ROUTE_PAYMENTS_URL": false, "FEISHU_SECRET_FILE": false},
		"audit-webhook": {"AUDIT_TOKEN_FILE": true, "AUDIT_TLS_KEY_FILE": true, "AUDIT_TLS_KEY": false},
	} {
		v, err := Code(repository, program)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range names {
			if got := v.reads(name, routes); got != want {
				t.Errorf("%s reads %s: %t, want %t", program, name, got, want)
			}
		}
	}
}

func TestCodeRefusesAFolderWithoutSecrets(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(root+"/cmd/notify", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Code(root, "notify"); err == nil {
		t.Error("got no error: names of secrets would be unknown, and nothing would say so")
	}
}

package validate

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/deploy/validate/check"
)

const example = "overlays/edge/secret.example.env"

// examples are the example's file as it is, and with each of its blocks of
// commented-out lines in force, by the block's first line.
func examples(t *testing.T) map[string]string {
	t.Helper()
	whole := mustRead(t, filepath.Join(deploy, example))
	all := map[string]string{"as it is": whole}
	for block := range strings.SplitSeq(whole, "\n\n") {
		var lines []string
		for line := range strings.Lines(block + "\n") {
			if name, ok := strings.CutPrefix(line, "#"); ok && name[0] >= 'A' && name[0] <= 'Z' {
				lines = append(lines, name)
			}
		}
		if len(lines) > 0 {
			all[strings.TrimSpace(lines[0])] = whole + strings.Join(lines, "")
		}
	}
	return all
}

// Each example has to be one that the checks and the program itself accept.
func TestExamplesOfSecrets(t *testing.T) {
	notify := filepath.Join(t.TempDir(), "notify")
	build := exec.Command("go", "build", "-o", notify, "./cmd/notify")
	build.Dir, build.Env = repository, append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build notify: %v\n%s", err, out)
	}
	all := examples(t)
	for _, want := range []string{"CHANNEL=email", "CHANNEL=cloudevents", "ROUTES=oncall,payments"} {
		if _, ok := all[want]; !ok {
			t.Errorf("no example begins with %s", want)
		}
	}
	for name, body := range all {
		t.Run(name, func(t *testing.T) {
			out := rendered(t, "overlays/edge", map[string]string{"overlays/edge/secret.env": lastWins(body)})
			expectNone(t, check.All(out, against(t)))
			env, err := check.Environment(out, "notify")
			if err != nil {
				t.Fatal(err)
			}
			if said, err := explain(notify, env); err != nil {
				t.Errorf("notify refuses it: %v\n%s", err, said)
			}
			env["CHANNEL_TOEKN"] = "x"
			if _, err := explain(notify, env); err == nil {
				t.Error("notify takes a misspelt variable: what it accepts says nothing")
			}
		})
	}
}

// The policy in the README has to be one that can be applied beside the overlay.
func TestPolicyOfTheReadme(t *testing.T) {
	_, rest, ok := strings.Cut(mustRead(t, filepath.Join(deploy, "README.md")), "\n    apiVersion: networking.k8s.io/v1\n")
	text, _, end := strings.Cut(rest, "\n\n")
	if !ok || !end {
		t.Fatal("the README has no NetworkPolicy")
	}
	policy := "apiVersion: networking.k8s.io/v1\n" + strings.ReplaceAll("\n"+text, "\n    ", "\n")[1:]
	out := rendered(t, "overlays/mine", map[string]string{
		"overlays/mine/kustomization.yaml": "resources: [../edge, receiver.yaml]\n",
		"overlays/mine/receiver.yaml":      policy,
	})
	if !strings.Contains(string(out), "name: receiver\n") {
		t.Error("the policy is not among the manifests")
	}
	expectNone(t, check.All(out, against(t)))
}

// explain lets notify read its settings, and nothing else.
func explain(notify string, env map[string]string) (string, error) {
	cmd := exec.Command(notify, "--explain")
	cmd.Stdin = strings.NewReader(`{"apiVersion":"v1","kind":"List","items":[]}`)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// lastWins leaves of the lines with one name the last, as install.sh does;
// kustomize refuses a second.
func lastWins(body string) string {
	seen := map[string]bool{}
	lines := strings.SplitAfter(body, "\n")
	var out string
	for i := len(lines) - 1; i >= 0; i-- {
		name, _, ok := strings.Cut(lines[i], "=")
		if ok && !strings.HasPrefix(name, "#") {
			if seen[name] {
				continue
			}
			seen[name] = true
		}
		out = lines[i] + out
	}
	return out
}

package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

type workflow struct {
	On          map[string]any    `json:"on"`
	Permissions map[string]string `json:"permissions"`
	Jobs        map[string]struct {
		RunsOn      string            `json:"runs-on"`
		Timeout     int               `json:"timeout-minutes"`
		If          string            `json:"if"`
		Needs       []string          `json:"needs"`
		Permissions map[string]string `json:"permissions"`
		Steps       []struct {
			Name string            `json:"name"`
			Uses string            `json:"uses"`
			Run  string            `json:"run"`
			With map[string]any    `json:"with"`
			Env  map[string]string `json:"env"`
		} `json:"steps"`
	} `json:"jobs"`
}

var (
	pinned     = regexp.MustCompile(`^[a-z-]+/[a-z-]+@[0-9a-f]{40}$`)
	makeTarget = regexp.MustCompile(`\bmake ((?:[a-z0-9-]+ ?)+)`)
	weekly     = regexp.MustCompile(`^[0-9]+ [0-9]+ \* \* [0-6]$`)
	ruleTarget = regexp.MustCompile(`(?m)^([a-z0-9-]+)(?: [^:=]*)?:(?:[^=]|$)`)
)

func readWorkflow(t *testing.T) workflow {
	t.Helper()
	raw, err := os.ReadFile("../.github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var w workflow
	if err := yaml.UnmarshalStrict(raw, &struct {
		*workflow
		Name        string `json:"name"`
		Concurrency any    `json:"concurrency"`
	}{workflow: &w}); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWorkflow holds the workflow file to its shape: it can be read, it may do
// little, its actions cannot change under it, nothing that a stranger wrote gets
// into a shell, and it calls what the Makefile has.
func TestWorkflow(t *testing.T) {
	w := readWorkflow(t)
	if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
		t.Errorf("permissions %v: want only contents: read", w.Permissions)
	}
	if _, ok := w.On["pull_request_target"]; ok || len(w.On) == 0 {
		t.Errorf("on %v: strangers' code must not run with the project's rights", w.On)
	}
	rules, called := makeRules(t), map[string]bool{}
	for name, job := range w.Jobs {
		if job.RunsOn == "" || job.Timeout == 0 || len(job.Steps) == 0 {
			t.Errorf("%s: lacks runs-on, timeout-minutes or steps", name)
		}
		if len(job.Permissions) > 0 && !strings.Contains(job.If, "refs/tags/") {
			t.Errorf("%s: has permissions %v without being for tags only", name, job.Permissions)
		}
		for _, need := range job.Needs {
			if _, ok := w.Jobs[need]; !ok {
				t.Errorf("%s: needs %s, which is not there", name, need)
			}
		}
		for _, step := range job.Steps {
			if (step.Uses == "") == (step.Run == "") {
				t.Errorf("%s: step %+v must have one of uses and run", name, step)
			}
			if step.Uses != "" && !pinned.MatchString(step.Uses) {
				t.Errorf("%s: %s is not pinned by commit", name, step.Uses)
			}
			if strings.HasPrefix(step.Uses, "actions/setup-go@") && (step.With["go-version-file"] != "go.mod" || step.With["go-version"] != nil) {
				t.Errorf("%s: Go is set up by %v, not by go.mod's toolchain line", name, step.With)
			}
			if strings.Contains(step.Run, "${{") {
				t.Errorf("%s: %q puts an expression into a shell; pass it by env", name, step.Run)
			}
			for _, m := range makeTarget.FindAllStringSubmatch(step.Run, -1) {
				for _, target := range strings.Fields(m[1]) {
					called[target] = true
					if !rules[target] {
						t.Errorf("%s: make %s: the Makefile has no such target", name, target)
					}
				}
			}
		}
	}
	for _, target := range []string{"build", "test", "check", "vuln", "e2e", "images", "push"} {
		if !called[target] {
			t.Errorf("nothing calls make %s", target)
		}
	}
}

// TestWorkflowLooksForVulnerabilitiesByItself wants a schedule that runs make
// vuln and nothing else, and no release without it.
func TestWorkflowLooksForVulnerabilitiesByItself(t *testing.T) {
	w := readWorkflow(t)
	times, _ := w.On["schedule"].([]any)
	if len(times) != 1 {
		t.Fatalf("schedule %v: want one time", w.On["schedule"])
	}
	at, _ := times[0].(map[string]any)
	if cron, _ := at["cron"].(string); !weekly.MatchString(cron) {
		t.Errorf("schedule %q: want one time a week", cron)
	}
	for name, job := range w.Jobs {
		runsVuln := false
		for _, step := range job.Steps {
			runsVuln = runsVuln || step.Run == "make vuln"
		}
		onSchedule := job.If == ""
		if runsVuln != onSchedule {
			t.Errorf("%s: runs make vuln: %v, runs on schedule: %v (if: %q)", name, runsVuln, onSchedule, job.If)
		}
		if strings.Contains(job.If, "refs/tags/") && !slices.Contains(job.Needs, "vuln") {
			t.Errorf("%s: releases without vuln: needs %v", name, job.Needs)
		}
	}
}

// makeRules are the targets of the Makefile and of what it includes.
func makeRules(t *testing.T) map[string]bool {
	t.Helper()
	rules := map[string]bool{}
	for _, pattern := range []string{"../Makefile", "../deploy/*.mk", "../k3s/*/*.mk"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range ruleTarget.FindAllStringSubmatch(string(raw), -1) {
				rules[m[1]] = true
			}
		}
	}
	return rules
}

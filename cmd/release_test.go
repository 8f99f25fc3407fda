package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	toolchainLine = regexp.MustCompile(`(?m)^toolchain go(1\.[0-9]+\.[0-9]+)$`)
	dockerGo      = regexp.MustCompile(`(?m)^ARG GO_IMAGE=golang:(\S+)$`)
	buildsProgram = regexp.MustCompile(`(?mi)^.*\b(?:go\)?|build_here\)) (?:build )?-.*$`)
	demoRule      = regexp.MustCompile(`(?m)^build-demo:.*\n(?:\t.*\n)+`)
	acceptedRow   = regexp.MustCompile("(?m)^\\| `GO-[0-9-]+` \\|.*\\| `(Test[A-Za-z0-9]+)` \\|$")
)

// TestOneGoReleaseBuildsWhatShips wants every build of the Makefile to take the
// Go release of go.mod's toolchain line, and the Dockerfile to name the same.
func TestOneGoReleaseBuildsWhatShips(t *testing.T) {
	m := toolchainLine.FindStringSubmatch(read(t, "../go.mod"))
	if m == nil {
		t.Fatal("go.mod has no toolchain line with a full version")
	}
	if got := dockerGo.FindStringSubmatch(read(t, "../deploy/Dockerfile")); got == nil || got[1] != m[1] {
		t.Errorf("the Dockerfile's GO_IMAGE is %q; go.mod's toolchain line says %s", got, m[1])
	}
	builds := 0
	for _, file := range []string{"../Makefile", "../deploy/deploy.mk", "../k3s/bench/bench.mk", "../k3s/chaos/chaos.mk"} {
		text := demoRule.ReplaceAllString(read(t, file), "") // it ships nothing
		for _, line := range buildsProgram.FindAllString(text, -1) {
			builds++
			if !strings.Contains(line, "GOTOOLCHAIN=$(RELEASE_GO)") && !strings.HasPrefix(line, "BUILD_HERE ") {
				t.Errorf("%s: %q takes whatever Go is installed", file, line)
			}
		}
	}
	if builds < 4 {
		t.Errorf("only %d builds found: the test looks in the wrong place", builds)
	}
}

// TestAcceptedAdvisoriesAreHeld wants each advisory that SECURITY.md accepts to
// name a test of this folder.
func TestAcceptedAdvisoriesAreHeld(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, file := range files {
		tests.WriteString(read(t, file))
	}
	text := read(t, "../SECURITY.md")
	rows := acceptedRow.FindAllStringSubmatch(text, -1)
	if want := strings.Count(text, "\n| `GO-"); len(rows) != want {
		t.Errorf("%d of %d accepted advisories name a test", len(rows), want)
	}
	for _, row := range rows {
		if !strings.Contains(tests.String(), "\nfunc "+row[1]+"(t *testing.T)") {
			t.Errorf("SECURITY.md names %s, which is not there", row[1])
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

package main

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// dist is a folder as the Makefile leaves it, with this test's own binary in
// the program's place.
func dist(t *testing.T) string {
	t.Helper()
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("this machine's binaries are of no architecture of ours")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "bin", "linux-"+runtime.GOARCH, "notify")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func run(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := realMain(args, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The test binary may want a C library, which images have not.
func buildOrSkip(t *testing.T, dir string) string {
	t.Helper()
	var out bytes.Buffer
	err := realMain([]string{"build", "-dist", dir, "-version", "v1.2.3", "-revision", "abc", "-created", "1700000000", "-arches", runtime.GOARCH, "notify"}, &out)
	if err != nil && strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Skip("run with CGO_ENABLED=0")
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBuildThenPush(t *testing.T) {
	dir := dist(t)
	said := buildOrSkip(t, dir)
	archive := filepath.Join(dir, "images", "notify.oci.tar")

	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	pushed := run(t, "push", "-registry", host+"/mine", archive)

	ref, err := name.ParseReference(host + "/mine/notify:v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	there, err := remote.Head(ref)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"build": said, "push": pushed} {
		if !strings.Contains(text, there.Digest.String()) {
			t.Errorf("%s said %q, the registry has %s", what, text, there.Digest)
		}
	}
}

func TestSBOMNamesWhatIsLinkedIn(t *testing.T) {
	dir := dist(t)
	buildOrSkip(t, dir)
	raw, err := os.ReadFile(filepath.Join(dir, "sbom", "notify-linux-"+runtime.GOARCH+".spdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"SPDX-2.3"`, `"2023-11-14T22:13:20Z"`, "pkg:golang/github.com/google/go-containerregistry@v", "pkg:golang/stdlib@"} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("SBOM has no %s", want)
		}
	}
}

func TestSizesRefuseWhatIsOver(t *testing.T) {
	if err := over("x", 11, 10); err == nil {
		t.Error("11 of 10 passes")
	}
	if err := over("x", 10, 10); err != nil {
		t.Error(err)
	}
	if err := runSizes([]string{"-dist", t.TempDir()}, io.Discard); err == nil {
		t.Error("no binaries pass")
	}
}

func TestCommandLine(t *testing.T) {
	for want, args := range map[string][]string{
		"no command":              nil,
		`unknown command "fly"`:   {"fly"},
		"-version: must not be":   {"build", "notify"},
		`unknown program "other"`: {"build", "-version", "v1", "other"},
		"-registry: must not be":  {"push", "x.tar"},
		"no archive named":        {"push", "-registry", "x"},
		"-arch: must not be":      {"bundle", "-o", "x"},
	} {
		if err := realMain(args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want an error with %q", args, err, want)
		}
	}
}

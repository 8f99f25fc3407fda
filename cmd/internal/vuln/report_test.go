package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded is a scan by govulncheck v1.9.0 of programs that use echo v4.16.0 and
// were built with a Go release of known vulnerabilities, cut down to a few
// advisories and one trace each.
func recorded(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/scan.json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestReadReport(t *testing.T) {
	r, err := readReport(bytes.NewReader(recorded(t)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for id, f := range r.findings {
		got[id] = f.where()
		if f.called {
			got[id] = "called: " + got[id]
		}
		if f.summary == "" || f.called != (f.example != "") {
			t.Errorf("%s has summary %q, called %v, example %q", id, f.summary, f.called, f.example)
		}
	}
	want := map[string]string{
		"GO-2026-5932": "golang.org/x/crypto@v0.58.0, fixed in v0.58.1-0.20261009181718-2f1f834330b2",
		"GO-2026-6605": "called: stdlib@v1.26.8, fixed in v1.26.9",
		"GO-2026-6838": "github.com/labstack/echo/v4@v4.16.0, fixed in v4.16.1",
		"GO-2026-6872": "called: github.com/labstack/echo/v4@v4.16.0, not fixed in any version",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadReportRefusesWhatFindsLess(t *testing.T) {
	scan := string(recorded(t))
	for name, tc := range map[string]struct{ text, says string }{
		"nothing":          {"", "did not take place"},
		"no configuration": {scan[strings.Index(scan, `{"SBOM"`):], "did not take place"},
		"no packages":      {strings.Replace(scan, `"roots"`, `"other"`, 1), "did not take place"},
		"cut off":          {scan[:len(scan)-20], "unexpected EOF"},
		"by package":       {strings.Replace(scan, `"scan_level":"symbol"`, `"scan_level":"package"`, 1), "want one of source by symbol"},
		"of a binary":      {strings.Replace(scan, `"scan_mode":"source"`, `"scan_mode":"binary"`, 1), "want one of source by symbol"},
		"not JSON":         {"=== Symbol Results ===", "invalid character"},
	} {
		_, err := readReport(strings.NewReader(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want an error that says %q", name, err, tc.says)
		}
	}
}

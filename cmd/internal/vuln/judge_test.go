package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const table = "| advisory | why it does not concern us | held by |\n|---|---|---|\n"

func row(id string) string {
	return "| `" + id + "` | nothing of ours reaches that code | `TestThatHoldsIt` |\n"
}

func TestReadAccepted(t *testing.T) {
	got, err := readAccepted("# Security\n\n" + table + row("GO-2026-1234") + row("GO-2026-12345") + "\nGO-2026-9999 is spoken of\n")
	if err != nil {
		t.Fatal(err)
	}
	a := acceptance{"nothing of ours reaches that code", "TestThatHoldsIt"}
	want := map[string]acceptance{"GO-2026-1234": a, "GO-2026-12345": a}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(acceptance{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, tc := range map[string]struct{ rows, says string }{
		"no reason":    {"| `GO-2026-1` | | `TestX` |\n", "must be"},
		"short reason": {"| `GO-2026-1234` | no | `TestX` |\n", "must say why"},
		"no test":      {"| `GO-2026-1234` | nothing of ours reaches that code | |\n", "must say why"},
		"two columns":  {"| `GO-2026-1234` | nothing of ours reaches that code |\n", "must be"},
		"two ids":      {"| `GO-2026-1234`, `GO-2026-1235` | nothing of ours reaches it | `TestX` |\n", "must be"},
		"twice":        {row("GO-2026-1234") + row("GO-2026-1234"), "twice"},
	} {
		if _, err := readAccepted(table + tc.rows); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want an error that says %q", name, err, tc.says)
		}
	}
}

func TestJudge(t *testing.T) {
	called := func(fixed string) *finding {
		return &finding{called: true, places: map[string]string{"example.com/m@v1.0.0": fixed}, example: "ours.main … m.Bad", summary: "Bad thing"}
	}
	present := &finding{places: map[string]string{"example.com/m@v1.0.0": "v1.1.0"}}
	for name, tc := range map[string]struct {
		findings map[string]*finding
		accepted string
		says     []string // of the error; none: clean
	}{
		"nothing":                {},
		"merely there":           {findings: map[string]*finding{"GO-2026-0001": present}},
		"called":                 {findings: map[string]*finding{"GO-2026-0001": called("v1.1.0")}, says: []string{"GO-2026-0001: Bad thing: example.com/m@v1.0.0, fixed in v1.1.0; called: ours.main … m.Bad"}},
		"called without a fix":   {findings: map[string]*finding{"GO-2026-0001": called("")}, says: []string{"GO-2026-0001: Bad thing: example.com/m@v1.0.0, not fixed in any version"}},
		"accepted":               {findings: map[string]*finding{"GO-2026-0001": called(""), "GO-2026-0002": present}, accepted: row("GO-2026-0001")},
		"another is accepted":    {findings: map[string]*finding{"GO-2026-0001": called("")}, accepted: row("GO-2026-0002"), says: []string{"GO-2026-0001: Bad thing", "GO-2026-0002 is accepted, but nothing calls it"}},
		"accepted, gone":         {accepted: row("GO-2026-0001"), says: []string{"GO-2026-0001 is accepted, but nothing calls it any more"}},
		"accepted, merely there": {findings: map[string]*finding{"GO-2026-0001": present}, accepted: row("GO-2026-0001"), says: []string{"nothing calls it any more"}},
		"accepted, fixed":        {findings: map[string]*finding{"GO-2026-0001": called("v1.1.0")}, accepted: row("GO-2026-0001"), says: []string{"can be mended (example.com/m@v1.0.0, fixed in v1.1.0)"}},
	} {
		t.Run(name, func(t *testing.T) {
			accepted, err := readAccepted(table + tc.accepted)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = report{about: "a scan", findings: tc.findings}.judge(accepted, &out)
			if (err == nil) != (len(tc.says) == 0) {
				t.Fatalf("judged %v\n%s", err, &out)
			}
			for _, says := range tc.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("judged %v, want %q", err, says)
				}
			}
			if !strings.HasPrefix(out.String(), "a scan\n") {
				t.Errorf("wrote %q, without what was scanned", &out)
			}
		})
	}
}

package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// acceptance is a row of the table in SECURITY.md.
type acceptance struct {
	why  string
	held string // the test that holds why
}

var advisory = regexp.MustCompile("^`(GO-[0-9]{4}-[0-9]{4,})`$")

// readAccepted reads the rows
//
//	| `GO-2026-1234` | why | `TestThatHoldsIt` |
func readAccepted(text string) (map[string]acceptance, error) {
	out := map[string]acceptance{}
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 2 || !strings.Contains(cells[1], "`GO-") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		m := advisory.FindStringSubmatch(cells[1])
		if m == nil || len(cells) != 5 {
			return nil, fmt.Errorf("row %q: must be | `GO-2026-1234` | why | `TestThatHoldsIt` |", strings.TrimSpace(line))
		}
		a := acceptance{cells[2], strings.Trim(cells[3], "`")}
		if len(a.why) < 20 || !strings.HasPrefix(a.held, "Test") {
			return nil, fmt.Errorf("%s: must say why it does not concern us, and which test holds that", m[1])
		}
		if _, ok := out[m[1]]; ok {
			return nil, fmt.Errorf("%s: is there twice", m[1])
		}
		out[m[1]] = a
	}
	return out, nil
}

// judge tells all that is called, and errs on what is not accepted, on what is
// accepted in vain, and on what is accepted though a fix is to be had.
func (r report) judge(accepted map[string]acceptance, out io.Writer) error {
	var lines []string
	var errs []error
	idle := 0
	for _, id := range slices.Sorted(maps.Keys(r.findings)) {
		f, ok := r.findings[id], false
		if !f.called {
			idle++
			continue
		}
		_, ok = accepted[id]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%s: %s: %s; called: %s; see https://pkg.go.dev/vuln/%s", id, f.summary, f.where(), f.example, id))
		case f.mended():
			errs = append(errs, fmt.Errorf("%s is accepted, but can be mended (%s): raise it and take the row out", id, f.where()))
		default:
			lines = append(lines, fmt.Sprintf("%s: accepted: %s: %s", id, f.summary, f.where()))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(accepted)) {
		if f := r.findings[id]; f == nil || !f.called {
			errs = append(errs, fmt.Errorf("%s is accepted, but nothing calls it any more: take the row out", id))
		}
	}
	lines = append(lines, fmt.Sprintf("%d more in packages or modules that are there, but not called", idle))
	if _, err := fmt.Fprintf(out, "%s\n%s\n", r.about, strings.Join(lines, "\n")); err != nil {
		return err
	}
	if len(errs) > 0 {
		return fmt.Errorf("not clean:\n%w", errors.Join(errs...))
	}
	_, err := fmt.Fprintln(out, "no known vulnerability is called, but those accepted")
	return err
}

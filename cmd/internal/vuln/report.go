package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// message is one value of govulncheck's stream, as
// golang.org/x/vuln/internal/govulncheck.Message documents it; one field is set.
type message struct {
	Config *struct {
		Scanner   string    `json:"scanner_name"`
		Version   string    `json:"scanner_version"`
		Database  string    `json:"db"`
		Modified  time.Time `json:"db_last_modified"`
		GoVersion string    `json:"go_version"`
		Level     string    `json:"scan_level"`
		Mode      string    `json:"scan_mode"`
	} `json:"config"`
	SBOM *struct {
		Roots []string `json:"roots"`
	} `json:"SBOM"`
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV   string  `json:"osv"`
		Fixed string  `json:"fixed_version"`
		Trace []frame `json:"trace"`
	} `json:"finding"`
}

// frame is one call: the first is the vulnerable one, the last is ours. Without
// a function the finding is of a package or module that is merely there.
type frame struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Package  string `json:"package"`
	Function string `json:"function"`
	Receiver string `json:"receiver"`
}

func (f frame) String() string {
	if f.Receiver != "" {
		return f.Package + "." + f.Receiver + "." + f.Function
	}
	return f.Package + "." + f.Function
}

// report is what a scan found, by advisory.
type report struct {
	about    string
	findings map[string]*finding
}

type finding struct {
	summary string
	called  bool // else it is in a package or module that is there, but not called
	// places are modules at a version, such as stdlib@go1.26.8, each with the
	// version that mends it, empty when there is none.
	places  map[string]string
	example string // one way from our code to it
}

// where tells the places and what mends each.
func (f *finding) where() string {
	var out []string
	for _, place := range slices.Sorted(maps.Keys(f.places)) {
		remedy := "not fixed in any version"
		if fixed := f.places[place]; fixed != "" {
			remedy = "fixed in " + fixed
		}
		out = append(out, place+", "+remedy)
	}
	return strings.Join(out, "; ")
}

// mended says whether a version without it is to be had.
func (f *finding) mended() bool {
	for _, fixed := range f.places {
		if fixed != "" {
			return true
		}
	}
	return false
}

// readReport reads the whole of a scan; one that is cut off or less thorough
// than wanted is an error, as it would find less.
func readReport(in io.Reader) (report, error) {
	r, summaries := report{findings: map[string]*finding{}}, map[string]string{}
	roots := 0
	dec := json.NewDecoder(in)
	for {
		var m message
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return report{}, err
		}
		switch {
		case m.Config != nil:
			c := m.Config
			if c.Level != "symbol" || c.Mode != "source" {
				return report{}, fmt.Errorf("scan is of %s by %s: want one of source by symbol", c.Mode, c.Level)
			}
			r.about = fmt.Sprintf("%s %s on %s with %s, last changed %s", c.Scanner, c.Version, c.GoVersion, c.Database, day(c.Modified))
		case m.SBOM != nil:
			roots += len(m.SBOM.Roots)
		case m.OSV != nil:
			summaries[m.OSV.ID] = m.OSV.Summary
		case m.Finding != nil && len(m.Finding.Trace) > 0:
			r.add(m.Finding.OSV, m.Finding.Fixed, m.Finding.Trace)
		}
	}
	if r.about == "" || roots == 0 {
		return report{}, errors.New("it names no configuration or no packages: the scan did not take place")
	}
	for id, f := range r.findings {
		f.summary = summaries[id]
	}
	return r, nil
}

// day leaves out what a folder of advisories does not know.
func day(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.DateOnly)
}

// add takes a finding in; a call outweighs what is merely there.
func (r *report) add(id, fixed string, trace []frame) {
	called := trace[0].Function != ""
	f := r.findings[id]
	if f == nil || (called && !f.called) {
		f = &finding{called: called, places: map[string]string{}}
		r.findings[id] = f
	}
	if called != f.called {
		return
	}
	f.places[trace[0].Module+"@"+trace[0].Version] = fixed
	if called && f.example == "" {
		f.example = trace[len(trace)-1].String() + " … " + trace[0].String()
	}
}

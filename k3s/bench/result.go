package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Result is what one run found.
type Result struct {
	Taken    time.Time `json:"taken"`
	Machine  Machine   `json:"machine"`
	Settings string    `json:"settings"`
	Measures []Measure `json:"measures"`
	Curves   []Curve   `json:"curves,omitempty"`
}

// Measure is one figure.
type Measure struct {
	Stage   string  `json:"stage"`
	Process string  `json:"process,omitempty"`
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	// Target is the bound to keep, 0 when there is none; AtLeast turns it round.
	Target  float64 `json:"target,omitempty"`
	AtLeast bool    `json:"atLeast,omitempty"`
	Note    string  `json:"note,omitempty"`
}

// Curve is how a figure grows.
type Curve struct {
	Name   string  `json:"name"`
	X      string  `json:"x"`
	Unit   string  `json:"unit"`
	Series []Serie `json:"series"`
}

// Serie is one line of a Curve: pairs of x and y.
type Serie struct {
	Name   string       `json:"name"`
	Points [][2]float64 `json:"points"`
}

func newResult(o options) *Result {
	return &Result{
		Taken:    time.Now().UTC().Truncate(time.Second),
		Machine:  readMachine(o.dir),
		Settings: strings.Join(append([]string{fmt.Sprintf("storm of %d s, idle for %d s, %d cards, %d rounds of each way in", o.seconds, o.idleSeconds, o.samples, o.rounds)}, o.env...), ", "),
	}
}

func (r *Result) add(m Measure) { r.Measures = append(r.Measures, m) }

// value finds a figure; NaN when it was not measured.
func (r *Result) value(stage, process, name string) float64 {
	for _, m := range r.Measures {
		if m.Stage == stage && m.Process == process && m.Name == name {
			return m.Value
		}
	}
	return math.NaN()
}

// memory adds the figures of one process, with their targets in KiB (0: none).
func (r *Result) memory(stage string, p *measured, rss, anon, peak float64) error {
	m, err := p.Memory()
	if err != nil {
		return err
	}
	kib := func(name string, v int64, target float64) {
		r.add(Measure{Stage: stage, Process: p.Name, Name: name, Value: float64(v) / 1024, Unit: "MiB", Target: target})
	}
	kib("RSS", m.RSS, rss)
	kib("RssAnon", m.Anon, anon)
	kib("PSS", m.PSS, 0)
	kib("peak RSS", m.Peak, peak)
	if current, peak := p.cgroupMemory(); current > 0 {
		kib("cgroup memory.current", current, 0)
		kib("cgroup memory.peak", peak, 0)
	}
	return nil
}

func (m Measure) verdict() string {
	switch {
	case m.Target == 0:
		return ""
	case m.AtLeast && m.Value >= m.Target, !m.AtLeast && m.Value <= m.Target:
		return fmt.Sprintf("%s %s: met", m.sign(), short(m.Target))
	}
	return fmt.Sprintf("%s %s: MISSED", m.sign(), short(m.Target))
}

func (m Measure) sign() string {
	if m.AtLeast {
		return "≥"
	}
	return "≤"
}

// short is a number with three digits that count.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// print writes the table in Markdown, so that it can stand in the README.
func (r *Result) print(w io.Writer) {
	rows := [][]string{{"stage", "process", "what", "value", "unit", "target", "note"}}
	for _, m := range r.Measures {
		rows = append(rows, []string{m.Stage, m.Process, m.Name, short(m.Value), m.Unit, m.verdict(), m.Note})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	_, _ = fmt.Fprintf(w, "%s\n%s\n\n", r.Machine, r.Settings)
	for i, row := range rows {
		printRow(w, row, widths)
		if i == 0 {
			dashes := make([]string, len(row))
			for j := range dashes {
				dashes[j] = strings.Repeat("-", widths[j])
			}
			printRow(w, dashes, widths)
		}
	}
}

func printRow(w io.Writer, row []string, widths []int) {
	var line strings.Builder
	for i, cell := range row {
		line.WriteString("| " + cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+1))
	}
	_, _ = fmt.Fprintln(w, line.String()+"|")
}

// write keeps the figures that were not measured this time, so that a part can
// be measured again.
func (r *Result) write(path string) error {
	if raw, err := os.ReadFile(path); err == nil {
		var before Result
		if json.Unmarshal(raw, &before) == nil {
			r.keep(before)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}

func (r *Result) keep(before Result) {
	type key struct{ stage, process, name string }
	fresh := map[key]bool{}
	for _, m := range r.Measures {
		fresh[key{m.Stage, m.Process, m.Name}] = true
	}
	old := slices.DeleteFunc(before.Measures, func(m Measure) bool { return fresh[key{m.Stage, m.Process, m.Name}] })
	r.Measures = append(old, r.Measures...)
	if len(r.Curves) == 0 {
		r.Curves = before.Curves
	}
}

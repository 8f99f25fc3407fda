package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// result is a row of the table.
type result struct {
	name, fault string
	rounds      int
	v           verdict
	notes       []string
	took        time.Duration
	notRun      string
}

// add takes in what one scene's cards told.
func (r *result) add(v verdict) {
	r.v.in, r.v.told, r.v.ledger = r.v.in+v.in, r.v.told+v.told, r.v.ledger+v.ledger
	r.v.cards, r.v.repeated, r.v.excused = r.v.cards+v.cards, r.v.repeated+v.repeated, r.v.excused+v.excused
	r.v.lost, r.v.dropped = r.v.lost+v.lost, r.v.dropped+v.dropped
	r.v.broken = append(r.v.broken, v.broken...)
}

func (r *result) kept() bool { return len(r.v.broken) == 0 && r.notRun == "" }

func (r *result) verdict() string {
	switch {
	case r.notRun != "":
		return "NOT RUN"
	case !r.kept():
		return "BROKEN"
	}
	return "kept"
}

const header = "row\tfault\trounds\tin\tin ledger\ttold\tcards\trepeated\tunanswered\tlost\ttook\tpromise"

// table prints all rows, and below it what is to be said of each.
func table(w io.Writer, results []*result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, header)
	for _, r := range results {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", r.name, r.fault, r.rounds,
			r.v.in, r.v.ledger, r.v.told, r.v.cards, r.v.repeated, r.v.excused, r.v.lost, r.took.Round(100*time.Millisecond), r.verdict())
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	fmt.Fprint(w, legend)
	for _, r := range results {
		explain(w, r)
	}
	return nil
}

const legend = `
in, in ledger, told: occurrences handed over, counted by the function, and named by the cards (each story's latest total).
repeated: cards that told what one before had told; unanswered: those of them whose answer or mark was lost, as it is allowed.
`

const maxExplained = 12

func explain(w io.Writer, r *result) {
	for _, note := range r.notes {
		fmt.Fprintf(w, "%s: %s\n", r.name, note)
	}
	if r.notRun != "" {
		fmt.Fprintf(w, "%s: NOT RUN: %s\n", r.name, r.notRun)
	}
	for i, b := range r.v.broken {
		if i == maxExplained {
			fmt.Fprintf(w, "%s: BROKEN: and %d more\n", r.name, len(r.v.broken)-i)
			break
		}
		fmt.Fprintf(w, "%s: BROKEN: %s\n", r.name, strings.ReplaceAll(b, "\n", "\n    "))
	}
}

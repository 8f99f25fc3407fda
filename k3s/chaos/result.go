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
	damage      *damage // of a hostile row
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
		if r.damage != nil {
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", r.name, r.fault, r.rounds,
			r.v.in, r.v.ledger, r.v.told, r.v.cards, r.v.repeated, r.v.excused, r.v.lost, r.took.Round(100*time.Millisecond), r.verdict())
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	fmt.Fprint(w, legend)
	if err := attacks(w, results); err != nil {
		return err
	}
	for _, r := range results {
		explain(w, r)
	}
	return nil
}

const legend = `
in, in ledger, told: occurrences handed over, counted by the function, and named by the cards (each story's latest total).
repeated: cards that told what one before had told; unanswered: those of them whose answer or mark was lost, as it is allowed.
`

const hostileHeader = "\nrow\tattack\tsent\taccepted\tmemory\tdisk\tcards\tbytes\thonest\tworst delay\ttook\tpromise"

// attacks prints the hostile rows.
func attacks(w io.Writer, results []*result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	begun := false
	for _, r := range results {
		d := r.damage
		if d == nil {
			continue
		}
		if !begun {
			fmt.Fprintln(tw, hostileHeader)
		}
		begun = true
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%.0f MiB\t%.0f MiB\t%d\t%d kB\t%d of %d\t%s\t%s\t%s\n", r.name, d.attack, d.sent, d.accepted,
			float64(d.memory)/(1<<20), float64(d.disk)/(1<<20), d.cards, d.bytes/1000, d.named, d.honest,
			d.worst.Round(100*time.Millisecond), r.took.Round(100*time.Millisecond), r.verdict())
	}
	if err := tw.Flush(); err != nil || !begun {
		return err
	}
	_, err := fmt.Fprint(w, hostileLegend)
	return err
}

const hostileLegend = `
sent, accepted: what the attacker handed over, and what was answered 2xx; memory: the most that notify had resident.
honest: stories of three other namespaces that a card named, of how many; worst delay: from the answer to that card.
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

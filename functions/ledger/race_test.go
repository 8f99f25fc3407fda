//go:build race

package ledger

import "flag"

// Under the race detector everything takes ten times as long; a tenth of the
// rounds finds the races.
const raceFactor = 10

func init() {
	// A default only: -rapid.checks on the command line is read later.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
}

package run

import (
	"fmt"
	"os"
	"slices"
)

// usage is what every program's --help ends with.
const usage = "Everything is set by environment variables; the README's table \"Configure\" has them all."

// Help prints what a program is for and exits with 0 when its arguments ask for
// it.
func Help(text string) {
	if len(os.Args) == 2 && slices.Contains([]string{"-h", "-help", "--help", "help"}, os.Args[1]) {
		fmt.Printf("%s\n\n%s\n", text, usage)
		os.Exit(0)
	}
}

// NoArguments exits with 2 when there are any: a variable that was meant must
// not be passed over in silence.
func NoArguments(name string) {
	if args := os.Args[1:]; len(args) > 0 {
		fmt.Fprintf(os.Stderr, "%s: arguments %q: must be none, or --help\n", name, args)
		os.Exit(exitConfig)
	}
}

package main

import (
	"fmt"
	"io"
)

// prepare runs a subcommand and returns the exit code.
func prepare(args []string, out, errs io.Writer) int {
	_, _ = fmt.Fprintf(errs, "audit-webhook: unknown command %q\n", args[0])
	return 2
}

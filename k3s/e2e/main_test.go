//go:build e2e

package e2e

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain lets all tests that may run together do so: they mostly wait, for
// controllers and hold-downs, whatever the number of cores.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

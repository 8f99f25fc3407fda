// Command vuln fails on known vulnerabilities in what the programs call, unless
// SECURITY.md accepts them with a reason. It runs govulncheck and reads its JSON;
// it refuses a scan that is not one of the source with symbols, an acceptance
// that no longer turns up, and one of what has been fixed meanwhile. Begin with
// `make vuln`.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	var o options
	flag.StringVar(&o.database, "db", databaseAuto, "database: auto, module, or the URL of one (https:// or file://)")
	flag.StringVar(&o.accepted, "accepted", "SECURITY.md", "file with the table of accepted advisories")
	flag.StringVar(&o.scanner, "scanner", "", "govulncheck as package@version")
	flag.StringVar(&o.tags, "tags", "", "build tags")
	flag.Parse()
	o.packages = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vuln:", err)
		os.Exit(1)
	}
}

type options struct {
	database, accepted, scanner, tags string
	packages                          []string
}

func run(ctx context.Context, o options, out io.Writer) error {
	if o.scanner == "" || len(o.packages) == 0 {
		return errors.New("name -scanner and the packages to look at: make vuln does")
	}
	text, err := os.ReadFile(o.accepted)
	if err != nil {
		return err
	}
	accepted, err := readAccepted(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", o.accepted, err)
	}
	url, err := chooseDatabase(ctx, o.database, out)
	if err != nil {
		return fmt.Errorf("find database: %w", err)
	}
	raw, err := scan(ctx, o, url)
	if err != nil {
		return err
	}
	r, err := readReport(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("read %s's report: %w", o.scanner, err)
	}
	return r.judge(accepted, out)
}

// scan runs govulncheck, which ends with 0 whatever it finds when it writes JSON.
func scan(ctx context.Context, o options, url string) ([]byte, error) {
	args := append([]string{"run", o.scanner, "-format", "json", "-db", url, "-tags", o.tags}, o.packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", o.scanner, err)
	}
	return raw, nil
}

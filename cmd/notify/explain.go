package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/edgebell/edgebell/cmd/internal/run"
	"github.com/edgebell/edgebell/functions/notify"
)

// maxExplained is how much of standard input is read: a large List.
const maxExplained = 32 << 20

// explain is notify --explain: it says of each Event on standard input what
// would become of it, and which clause decided. It opens no ledger and sends
// nothing.
func explain(ctx context.Context) error {
	var cfg config
	if err := run.Config(ctx, &cfg); err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(os.Stdin, maxExplained+1))
	switch {
	case err != nil:
		return fmt.Errorf("read standard input: %w", err)
	case len(raw) > maxExplained:
		return fmt.Errorf("standard input is larger than %d bytes: explain fewer Events at a time", maxExplained)
	}
	text, err := notify.Explain(cfg.Notify, cfg.Channels.Plan(), raw, time.Now())
	fmt.Print(text)
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// finalError ends eventually before its time.
type finalError struct{ error }

func (f finalError) Unwrap() error { return f.error }

func final(err error) error { return finalError{err} }

// eventually tries until it works or the time is over.
func eventually(ctx context.Context, within time.Duration, what string, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		var end finalError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &end):
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %s: %w", what, within, err)
		case <-tick.C:
		}
	}
}

// pause lets time pass: the instants of the faults are the point of it all.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

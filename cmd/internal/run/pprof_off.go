//go:build !pprof

package run

import "context"

const profilesBuilt = false

// Serve does nothing: net/http/pprof and what it needs would make each program
// 524 kB bigger (arm64, stripped).
func (*Profiles) Serve(context.Context) error { return nil }

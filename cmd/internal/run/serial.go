package run

import (
	"os"
	"runtime"
)

// Serial keeps a process that does one thing after the other on one core,
// unless GOMAXPROCS says otherwise: looking for work on the others, and
// collecting garbage there, took a third of its CPU in a storm.
func Serial() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}

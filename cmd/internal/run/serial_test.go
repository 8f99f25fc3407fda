package run

import (
	"runtime"
	"testing"
)

func TestSerial(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	runtime.GOMAXPROCS(3)
	t.Setenv("GOMAXPROCS", "3")
	if Serial(); runtime.GOMAXPROCS(0) != 3 {
		t.Errorf("on %d cores, want the 3 that were asked for", runtime.GOMAXPROCS(0))
	}
	t.Setenv("GOMAXPROCS", "")
	if Serial(); runtime.GOMAXPROCS(0) != 1 {
		t.Errorf("on %d cores, want 1", runtime.GOMAXPROCS(0))
	}
}

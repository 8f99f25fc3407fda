//go:build shoutrrr

package channel

import tail "github.com/edgebell/edgebell/functions/longtail"

var _ = add(longtail, of(tail.New))

// add completes kinds before anything reads it.
func add(name string, kind func() config) bool {
	kinds[name] = kind
	return true
}

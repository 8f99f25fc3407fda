package notify

import (
	"errors"
	"sync"
)

const (
	// smallBody is what each request may bring without asking for room: a full
	// batch of usual Events. It is why those who send much shut out nobody.
	smallBody = 256 << 10
	bodyStep  = 256 << 10
)

// errCrowded asks a sender to come again.
var errCrowded = errors.New("too many large requests at once")

// bodies bounds what is held of the large bodies of all requests, in bytes.
type bodies struct {
	mu   sync.Mutex
	free int64
}

func (b *bodies) enter(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.free < n {
		return false
	}
	b.free -= n
	return true
}

func (b *bodies) leave(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
}

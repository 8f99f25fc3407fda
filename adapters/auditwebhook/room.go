package auditwebhook

import "sync"

// room bounds what is held in memory at once: the bodies' bytes and the number
// of requests. It never lets anybody wait.
type room struct {
	mu              sync.Mutex
	bytes, maxBytes int64
	open, maxOpen   int
}

func (r *room) enter(n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open >= r.maxOpen || r.bytes+n > r.maxBytes {
		return false
	}
	r.open++
	r.bytes += n
	return true
}

func (r *room) leave(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	r.bytes -= n
}

func (r *room) used() (requests int, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open, r.bytes
}

// Package apiservertest is a stand-in for the Kubernetes API server that
// speaks the real list and watch protocol for core/v1 Events and nothing else:
// pages with snapshots, compaction and 410, field selectors, JSON and protobuf.
// Nothing can be written through HTTP; Add, Modify and Delete do that.
//
// Begin with New; a *Server is an http.Handler.
package apiservertest

import (
	"net/http"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
)

// Request is one request as it was understood.
type Request struct {
	Verb            string // list or watch
	Namespace       string
	ResourceVersion string
	Continue        string
	Limit           int64
	TimeoutSeconds  int64
	FieldSelector   string
	Bookmarks       bool
	Accept          string
}

// Server keeps Events in memory and serves them.
type Server struct {
	mu    sync.Mutex
	store store
	// changed is closed and made anew when there is something to tell.
	changed   chan struct{}
	bookmarks int
	breaks    int
	ends      int
	streams   map[*stream]bool

	requests  []Request
	intercept func(Request) int
	token     string
}

// New makes an empty one.
func New() *Server {
	return &Server{store: newStore(), changed: make(chan struct{}), streams: map[*stream]bool{}}
}

// wake tells all watches to look; the lock is held.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// do changes the server and tells the watches.
func (s *Server) do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.wake()
}

// Add writes Events, filling in what a server would: name, uid, creation time
// and resourceVersion. One of the same name is replaced.
func (s *Server) Add(events ...*corev1.Event) {
	s.do(func() {
		for _, ev := range events {
			s.store.add(ev)
		}
	})
}

// Modify writes a changed Event; false when there is none of that name.
func (s *Server) Modify(namespace, name string, change func(*corev1.Event)) (found bool) {
	s.do(func() {
		prev := s.store.get(namespace, name)
		if found = prev != nil; found {
			obj := prev.DeepCopy()
			change(obj)
			s.store.write(watch.Modified, obj, prev)
		}
	})
	return found
}

// Delete removes an Event, as its expiry does.
func (s *Server) Delete(namespace, name string) {
	s.do(func() {
		if prev := s.store.get(namespace, name); prev != nil {
			s.store.write(watch.Deleted, prev.DeepCopy(), prev)
		}
	})
}

// Advance counts writes of other resources, which move the revision too.
func (s *Server) Advance(writes uint64) { s.do(func() { s.store.rv += writes }) }

// Compact forgets the history: older revisions and continue tokens are 410.
// An open watch stays open.
func (s *Server) Compact() {
	s.do(func() {
		needed := s.store.rv
		for st := range s.streams {
			needed = min(needed, st.at)
		}
		s.store.compact(needed)
	})
}

// Restore sets the datastore back to an earlier revision and, as the restart
// that goes with it does, breaks all watches.
func (s *Server) Restore(rv uint64) {
	s.do(func() {
		s.store.restore(rv)
		s.breaks++
	})
}

// Bookmark sends a bookmark to every watch that asked for them. A real server
// sends none for Events on its own.
func (s *Server) Bookmark() { s.do(func() { s.bookmarks++ }) }

// BreakWatches cuts every open watch in the middle of the stream.
func (s *Server) BreakWatches() { s.do(func() { s.breaks++ }) }

// EndWatches ends every open watch as a server does at its timeout.
func (s *Server) EndWatches() { s.do(func() { s.ends++ }) }

// Intercept is asked before every request: a status other than 0 is answered
// instead, and Abort cuts the connection. nil ends it.
func (s *Server) Intercept(f func(Request) int) { s.do(func() { s.intercept = f }) }

// Abort, from Intercept, cuts the connection without an answer.
const Abort = -1

// RequireToken answers 401 to every request without this bearer token.
func (s *Server) RequireToken(token string) { s.do(func() { s.token = token }) }

// ResourceVersion is the present revision.
func (s *Server) ResourceVersion() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.rv
}

// Events returns what is stored, in the order of a list.
func (s *Server) Events() []*corev1.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.snapshot()
}

// Requests returns all requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Watching is how many watches are open.
func (s *Server) Watching() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}

// ServeHTTP serves /api/v1/events and /api/v1/namespaces/{namespace}/events.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	namespace, ok := route(r)
	switch {
	case !s.authorized(r):
		writeError(w, r, apierrors.NewUnauthorized("Unauthorized"))
		return
	case r.URL.Path == "/readyz" || r.URL.Path == "/healthz":
		_, _ = w.Write([]byte("ok"))
		return
	case !ok:
		writeError(w, r, apierrors.NewGenericServerResponse(http.StatusNotFound, r.Method, events, "", "the server could not find the requested resource", 0, true))
		return
	case r.Method != http.MethodGet:
		writeError(w, r, apierrors.NewMethodNotSupported(events, r.Method))
		return
	}
	q, err := parse(r, namespace)
	if err != nil {
		writeError(w, r, err)
		return
	}
	if status := s.record(q.Request); status == Abort {
		panic(http.ErrAbortHandler)
	} else if status != 0 {
		writeError(w, r, apierrors.NewGenericServerResponse(status, q.Verb, events, "", "", 0, true))
		return
	}
	if q.Verb == "watch" {
		s.watch(w, r, q)
		return
	}
	s.list(w, r, q)
}

// maxRequests bounds what is remembered of a server that runs for long.
const maxRequests = 100_000

func (s *Server) record(q Request) int {
	s.mu.Lock()
	if len(s.requests) < maxRequests {
		s.requests = append(s.requests, q)
	}
	intercept := s.intercept
	s.mu.Unlock()
	if intercept == nil {
		return 0
	}
	return intercept(q)
}

func (s *Server) authorized(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token == "" || r.Header.Get("Authorization") == "Bearer "+s.token
}

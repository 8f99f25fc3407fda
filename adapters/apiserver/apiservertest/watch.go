package apiservertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// stream is one open watch.
type stream struct {
	s      *Server
	q      query
	enc    encoding
	frames io.Writer
	flush  func()
	// at is what this watch has been told; the server's lock guards it.
	at        uint64
	bookmarks int
	breaks    int
	ends      int
}

func (s *Server) watch(w http.ResponseWriter, r *http.Request, q query) {
	enc := negotiate(r)
	w.Header().Set("Content-Type", enc.mediaType+";stream=watch")
	if enc.isJSON() {
		w.Header().Set("Content-Type", enc.mediaType)
	}
	w.WriteHeader(http.StatusOK)
	st := &stream{s: s, q: q, enc: enc, frames: enc.info.StreamSerializer.Framer.NewFrameWriter(w), at: q.rv, flush: func() {}}
	if f, ok := w.(http.Flusher); ok {
		st.flush = f.Flush
	}
	s.mu.Lock()
	s.streams[st] = true
	st.bookmarks, st.breaks, st.ends = s.bookmarks, s.breaks, s.ends
	gone := q.rv > 0 && q.rv < s.store.compacted
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.streams, st)
		s.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(r.Context(), q.timeout())
	defer cancel()
	st.flush()
	if gone {
		// As for every resource without a watch cache, the answer is 200 and
		// the 410 is inside.
		status := apierrors.NewResourceExpired("The resourceVersion for the provided watch is too old.").Status()
		_ = st.send(watch.Error, &status)
		st.flush()
		return
	}
	st.run(ctx)
}

// timeout is what was asked for, or 30 to 60 minutes as the real server has it.
func (q *query) timeout() time.Duration {
	if q.TimeoutSeconds > 0 {
		return time.Duration(q.TimeoutSeconds) * time.Second
	}
	return 30*time.Minute + rand.N(30*time.Minute)
}

func (st *stream) run(ctx context.Context) {
	if st.q.ResourceVersion == "" || st.q.rv == 0 || st.q.initial {
		if !st.initial() {
			return
		}
	}
	for {
		again, ok := st.round()
		if !ok {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-again:
		}
	}
}

// initial tells what exists as if it were added now.
func (st *stream) initial() bool {
	st.s.mu.Lock()
	all := st.s.store.snapshot()
	at := st.s.store.rv
	st.at = at
	st.s.mu.Unlock()
	for _, ev := range all {
		if st.q.matches(ev) && st.send(watch.Added, ev) != nil {
			return false
		}
	}
	if st.q.initial {
		return st.bookmark(at, map[string]string{metav1.InitialEventsAnnotationKey: "true"}) == nil
	}
	st.flush()
	return true
}

// round tells what is new, and returns what to wait for.
func (st *stream) round() (<-chan struct{}, bool) {
	st.s.mu.Lock()
	again := st.s.changed
	now := st.s.store.rv
	changes := st.s.store.since(st.at)
	// A watch from a revision that is still to come waits for it, as etcd does.
	st.at = max(st.at, now)
	bookmark := st.s.bookmarks > st.bookmarks && st.q.Bookmarks
	st.bookmarks = st.s.bookmarks
	broken, ended := st.s.breaks > st.breaks, st.s.ends > st.ends
	st.s.mu.Unlock()
	if broken {
		panic(http.ErrAbortHandler)
	}
	for _, c := range changes {
		if st.tell(c) != nil {
			return nil, false
		}
	}
	if bookmark && st.bookmark(now, nil) != nil {
		return nil, false
	}
	st.flush()
	return again, !ended
}

// tell sends a change as this watch's selector sees it.
func (st *stream) tell(c change) error {
	is := st.q.matches(c.obj) && c.typ != watch.Deleted
	was := st.q.matches(c.prev)
	switch {
	case is && was:
		return st.send(watch.Modified, c.obj)
	case is:
		return st.send(watch.Added, c.obj)
	case was:
		gone := c.prev.DeepCopy()
		gone.ResourceVersion = fmt.Sprint(c.rv)
		return st.send(watch.Deleted, gone)
	}
	return nil
}

func (st *stream) bookmark(rv uint64, annotations map[string]string) error {
	err := st.send(watch.Bookmark, &corev1.Event{ObjectMeta: metav1.ObjectMeta{ResourceVersion: fmt.Sprint(rv), Annotations: annotations}})
	st.flush()
	return err
}

// send writes one frame, as k8s.io/apiserver's WatchServer does.
func (st *stream) send(typ watch.EventType, obj runtime.Object) error {
	if ev, ok := obj.(*corev1.Event); ok {
		// The encoder writes kind and version into what it encodes, and stored
		// Events are shared.
		own := *ev
		obj = &own
	}
	var raw, frame bytes.Buffer
	if err := st.enc.embedded().Encode(obj, &raw); err != nil {
		return fmt.Errorf("encode object: %w", err)
	}
	ev := &metav1.WatchEvent{Type: string(typ), Object: runtime.RawExtension{Raw: raw.Bytes()}}
	if err := st.enc.stream().Encode(ev, &frame); err != nil {
		return fmt.Errorf("encode watch event: %w", err)
	}
	if _, err := st.frames.Write(frame.Bytes()); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

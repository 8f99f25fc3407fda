package apiservertest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// firstRevision is where a fresh datastore stands: other things were written
// before the first Event.
const firstRevision = 1000

// maxSnapshots bounds what broken lists leave behind.
const maxSnapshots = 16

// change is one write, as a watch tells it. Stored Events are never changed in
// place, so they may be shared.
type change struct {
	rv        uint64
	typ       watch.EventType
	obj, prev *corev1.Event
}

// store is a datastore with one revision counter for everything, a history
// since the last compaction, and snapshots for the lists that are under way.
type store struct {
	rv, compacted uint64
	// items are in the order of the datastore's keys. The slice is copied
	// before a write when a snapshot shares it.
	items     []*corev1.Event
	shared    bool
	history   []change
	snapshots map[uint64][]*corev1.Event
}

func newStore() store {
	return store{rv: firstRevision, compacted: firstRevision, snapshots: map[uint64][]*corev1.Event{}}
}

func key(namespace, name string) string { return namespace + "/" + name }

// find is where an Event stands, or would.
func (s *store) find(namespace, name string) (int, bool) {
	want := &corev1.Event{}
	want.Namespace, want.Name = namespace, name
	return slices.BinarySearchFunc(s.items, want, byKey)
}

func (s *store) get(namespace, name string) *corev1.Event {
	if i, ok := s.find(namespace, name); ok {
		return s.items[i]
	}
	return nil
}

func (s *store) write(typ watch.EventType, obj, prev *corev1.Event) {
	s.rv++
	obj.ResourceVersion = fmt.Sprint(s.rv)
	s.history = append(s.history, change{rv: s.rv, typ: typ, obj: obj, prev: prev})
	if s.shared {
		s.items, s.shared = slices.Clone(s.items), false
	}
	i, ok := s.find(obj.Namespace, obj.Name)
	switch {
	case typ == watch.Deleted:
		s.items = slices.Delete(s.items, i, i+1)
	case ok:
		s.items[i] = obj
	default:
		s.items = slices.Insert(s.items, i, obj)
	}
}

func (s *store) add(in *corev1.Event) *corev1.Event {
	obj := in.DeepCopy()
	obj.TypeMeta = metav1.TypeMeta{}
	if obj.Namespace == "" {
		obj.Namespace = "default"
	}
	if obj.Name == "" {
		obj.Name = fmt.Sprintf("event.%016x", s.rv)
	}
	if obj.UID == "" {
		obj.UID = types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012x", s.rv))
	}
	if obj.CreationTimestamp.IsZero() {
		obj.CreationTimestamp = metav1.NewTime(time.Now().Truncate(time.Second))
	}
	typ := watch.Added
	prev := s.get(obj.Namespace, obj.Name)
	if prev != nil {
		typ = watch.Modified
	}
	s.write(typ, obj, prev)
	return obj
}

// restore is what a datastore looks like after it was set back.
func (s *store) restore(rv uint64) {
	s.items = slices.DeleteFunc(slices.Clone(s.items), func(ev *corev1.Event) bool { return revision(ev) > rv })
	s.shared = false
	s.rv, s.compacted = rv, rv
	s.history = nil
	clear(s.snapshots)
}

// compact makes everything before now unknown to those who ask for it. Open
// watches still get what came after needed, as etcd has already handed it to
// them.
func (s *store) compact(needed uint64) {
	s.compacted = s.rv
	s.history = s.since(needed)
	maps.DeleteFunc(s.snapshots, func(rv uint64, _ []*corev1.Event) bool { return rv < s.compacted })
}

// snapshot is the state now.
func (s *store) snapshot() []*corev1.Event {
	if all, ok := s.snapshots[s.rv]; ok {
		return all
	}
	if len(s.snapshots) >= maxSnapshots {
		delete(s.snapshots, slices.Min(slices.Collect(maps.Keys(s.snapshots))))
	}
	s.snapshots[s.rv], s.shared = s.items, true
	return s.items
}

func byKey(a, b *corev1.Event) int {
	if a.Namespace == b.Namespace {
		return strings.Compare(a.Name, b.Name)
	}
	return strings.Compare(key(a.Namespace, a.Name), key(b.Namespace, b.Name))
}

// since is what was written after rv, as far as it is kept.
func (s *store) since(rv uint64) []change {
	i, _ := slices.BinarySearchFunc(s.history, rv+1, func(c change, rv uint64) int { return int(int64(c.rv - rv)) })
	return s.history[i:]
}

func revision(ev *corev1.Event) uint64 {
	var rv uint64
	_, _ = fmt.Sscan(ev.ResourceVersion, &rv)
	return rv
}

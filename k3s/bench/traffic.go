package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

// maker makes Events of recorded ones.
type maker struct {
	all, warnings []corev1.Event
	made          int
	last          metav1.ObjectMeta
}

func newMaker(files []string) (*maker, error) {
	m := &maker{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read Events: %w", err)
		}
		var list corev1.EventList
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, fmt.Errorf("read Events: %s: %w", file, err)
		}
		m.all = append(m.all, list.Items...)
	}
	for _, ev := range m.all {
		if ev.Type == corev1.EventTypeWarning {
			m.warnings = append(m.warnings, ev)
		}
	}
	if len(m.warnings) == 0 {
		return nil, errors.New("-events: must name files with Warnings")
	}
	return m, nil
}

// managed is what an API server stores with every Event; kubectl hides it.
var managed = []metav1.ManagedFieldsEntry{{
	Manager: "kubelet", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
	FieldsV1: metav1.NewFieldsV1(`{"f:count":{},"f:firstTimestamp":{},"f:involvedObject":{},"f:lastTimestamp":{},"f:message":{},"f:reason":{},"f:reportingComponent":{},"f:reportingInstance":{},"f:source":{"f:component":{},"f:host":{}},"f:type":{}}`),
}}

// event is a copy of from that happened once, at the given time, to one of
// several objects: each object is a story of its own.
func (m *maker) event(from *corev1.Event, object int, at time.Time) *corev1.Event {
	m.made++
	ev := from.DeepCopy()
	ev.InvolvedObject.Name = fmt.Sprintf("sensor-%d", object) // as of a StatefulSet: not folded
	ev.Name = fmt.Sprintf("sensor-%d.%016x", object, m.made)
	// A namespace holds few stories: the ledger bounds what one may take.
	ns := fmt.Sprintf("demo-%d", object/50)
	ev.Namespace, ev.InvolvedObject.Namespace = ns, ns
	ev.UID = types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012x", m.made))
	ev.ResourceVersion = ""
	ev.CreationTimestamp = metav1.NewTime(at.Truncate(time.Second))
	ev.FirstTimestamp, ev.LastTimestamp = ev.CreationTimestamp, ev.CreationTimestamp
	ev.EventTime, ev.Series, ev.Count = metav1.MicroTime{}, nil, 1
	ev.ManagedFields = slices.Clone(managed)
	managedAt := ev.CreationTimestamp
	ev.ManagedFields[0].Time = &managedAt
	return ev
}

// mixed makes n Events as a cluster has them: Normal ones and Warnings.
func (m *maker) mixed(n int) []*corev1.Event {
	out := make([]*corev1.Event, n)
	for i := range out {
		out[i] = m.event(&m.all[i%len(m.all)], i%200, time.Now())
	}
	return out
}

// stories makes n Warnings that tell so many stories, the last one now and the
// first one so long ago.
func (m *maker) stories(n, stories int, over time.Duration) []*corev1.Event {
	out := make([]*corev1.Event, n)
	for i := range out {
		at := time.Now().Add(-over * time.Duration(n-i) / time.Duration(n))
		object := i % stories
		out[i] = m.event(&m.warnings[object%len(m.warnings)], object, at)
	}
	return out
}

// rain writes Warnings for so long at a rate: two new ones, then one that
// counts up, as recorders do. It returns how many writes were made.
func (b *bench) rain(api *apiservertest.Server, perSecond int, length time.Duration) (int, error) {
	const every = 2 * time.Millisecond
	t := time.NewTicker(every)
	defer t.Stop()
	began, written := time.Now(), 0
	for time.Since(began) < length {
		select {
		case <-b.ctx.Done():
			return written, b.ctx.Err()
		case <-t.C:
		}
		due := int(time.Since(began).Seconds() * float64(perSecond))
		for ; written < due; written++ {
			b.write(api, written)
		}
	}
	return written, nil
}

func (b *bench) write(api *apiservertest.Server, i int) {
	if i%3 == 2 {
		last := b.events.last
		api.Modify(last.Namespace, last.Name, func(ev *corev1.Event) {
			ev.Count++
			ev.LastTimestamp = metav1.NewTime(time.Now().Truncate(time.Second))
		})
		return
	}
	object := i % 200
	ev := b.events.event(&b.events.warnings[object%len(b.events.warnings)], object, time.Now())
	b.events.last = ev.ObjectMeta
	api.Add(ev)
}
